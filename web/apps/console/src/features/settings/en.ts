export default {
  pages: {
    profile: "My profile",
    inboxes: "Inboxes",
    agents: "Users",
    roles: "Roles",
    teams: "Teams",
    canned: "Canned responses",
    labels: "Labels",
    "api-keys": "API keys",
    webhooks: "Webhooks",
    company: "Company and brand",
    audit: "Audit log",
  },
};
