export default {
  title: "对话流程",
  text: "写成文字的对话：问清楚、查一查、再回答，办不了就转人工。发布后，它接替所指的那条知识来应答；写在后面的对话全部通过才能发布。",
  flow: "流程",
  article: "接替的知识",
  new: "新建流程",
  empty: "还没有流程",
  emptyText: "有些问题要先问几句、查一查才能答准，例如退款到哪一步了。新建一个流程，或用 zhike import flows 导入。",
  states: { draft: "草稿", published: "已发布", changed: "有未发布的修改" },
  version: "版本 {n}",
  source: "流程内容（YAML）",
  save: "保存草稿",
  saved: "已保存为新版本，发布后生效",
  publish: "发布",
  published: "已发布，下一轮对话就用它",
  refused: "没有发布，请看标出的那一行",
  delete: "删除流程",
  deleteText: "删除后，原来的知识重新应答；正在进行中的对话会转给人工。",
  deleted: "已删除",
  rolledBack: "已恢复并发布",
  line: "第 {n} 行",
  at: "第 {n} 行：{message}",
  ends: { answer: "答完", handover: "转人工", cancelled: "客户放弃" },
  template: `flow: my_flow
article: ""  # 它接替的知识的编号
title: 流程名称

slots:
  order:
    type: order_number
    ask: 请告诉我订单号。

steps:
  - ask: order
  - say: 您的订单号是 %order%。

tests:
  - name: 给出订单号
    turns:
      - customer: 我要查订单
        says: 订单号
      - customer: A20261118
        says: A20261118
        ends: answer
`,
  tests: {
    title: "对话",
    run: "运行",
    passed: "{n} / {all} 通过",
    ok: "通过",
    failed: "未通过",
    outdated: "内容已改，请重新运行",
    none: "还没有写对话",
    noneText: "在 tests 里写下客户会怎么说、应该怎么答，发布前会逐句核对。",
    cannotRun: "现在还不能运行",
    cannotRunText: "请先改好标出的那一行。",
  },
  versions: {
    title: "历史版本",
    newest: "最新版本",
    same: "与最新版本内容相同",
    rollBack: "恢复并发布此版本",
    rollBackTitle: "恢复版本 {n} 并发布？",
    rollBackText: "会以它的内容生成一个新版本，下一轮对话就用它。",
    states: { draft: "未发布", published: "使用中", former: "曾发布" },
  },
};
