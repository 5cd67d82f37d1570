export default {
  pages: {
    profile: "我的资料",
    inboxes: "收件箱",
    agents: "用户",
    roles: "角色与权限",
    teams: "团队",
    canned: "快捷回复",
    labels: "标签",
    "api-keys": "API 密钥",
    webhooks: "Webhook",
    company: "公司与品牌",
    audit: "审计日志",
  },
};
