export default {
  title: "Flows",
  text: "Conversations written down: ask, look up, answer, or bring in a person. A published flow answers in place of the article it names; it is published only when the conversations written in it pass.",
  flow: "Flow",
  article: "In place of",
  new: "New flow",
  empty: "No flows yet",
  emptyText:
    "Some questions take a few questions back and a look-up, such as where a refund is. Write a flow, or bring one in with zhike import flows.",
  states: { draft: "Draft", published: "Published", changed: "Changes not published" },
  version: "Version {n}",
  source: "Text of the flow (YAML)",
  save: "Save draft",
  saved: "Saved as a new version; it runs once published",
  publish: "Publish",
  published: "Published; the next turn uses it",
  refused: "Not published: see the marked line",
  delete: "Delete flow",
  deleteText: "Its article answers again; conversations in the middle of it go to a person.",
  deleted: "Deleted",
  rolledBack: "Restored and published",
  line: "Line {n}",
  at: "Line {n}: {message}",
  ends: { answer: "Answered", handover: "To a person", cancelled: "Given up" },
  template: `flow: my_flow
article: ""  # id of the article whose place it takes
title: Name of the flow

slots:
  order:
    type: order_number
    ask: Please tell me the order number.

steps:
  - ask: order
  - say: Your order number is %order%.

tests:
  - name: an order number is given
    turns:
      - customer: where is my order
        says: order number
      - customer: A20261118
        says: A20261118
        ends: answer
`,
  tests: {
    title: "Conversations",
    run: "Run",
    passed: "{n} of {all} pass",
    ok: "Passed",
    failed: "Failed",
    outdated: "Text changed; run again",
    none: "No conversations written",
    noneText: "Write under tests what a customer says and what must be answered; each is checked before publishing.",
    cannotRun: "It cannot run yet",
    cannotRunText: "Mend the marked line first.",
  },
  versions: {
    title: "Versions",
    newest: "newest version",
    same: "The same as the newest version",
    rollBack: "Restore and publish",
    rollBackTitle: "Restore version {n} and publish it?",
    rollBackText: "A new version with its text is made; the next turn uses it.",
    states: { draft: "Not published", published: "Running", former: "Was published" },
  },
};
