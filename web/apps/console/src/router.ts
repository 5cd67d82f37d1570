import { createRouter, createWebHistory, type RouteRecordRaw } from "vue-router";
import type { Permission } from "@zhike/api";
import { useSession } from "./core/session";

declare module "vue-router" {
  interface RouteMeta {
    public?: boolean;
    permission?: Permission;
    title?: string; // a key of the languages
  }
}

export const routes: RouteRecordRaw[] = [
  {
    path: "/sign-in",
    name: "sign-in",
    component: () => import("./features/auth/SignIn.vue"),
    meta: { public: true, title: "auth.signIn" },
  },
  {
    path: "/",
    component: () => import("./shell/AppShell.vue"),
    children: [
      {
        path: "",
        redirect: () => (useSession().can("conversation.read") ? { name: "conversations" } : { name: "knowledge" }),
      },
      {
        path: "conversations/:id(\\d+)?",
        name: "conversations",
        component: () => import("./features/conversations/ConversationsView.vue"),
        meta: { permission: "conversation.read", title: "nav.conversations" },
      },
      {
        path: "knowledge",
        name: "knowledge",
        component: () => import("./features/knowledge/KnowledgeView.vue"),
        meta: { permission: "knowledge.read", title: "nav.knowledge" },
      },
      {
        path: "knowledge/new",
        name: "article-new",
        component: () => import("./features/knowledge/ArticleView.vue"),
        meta: { permission: "knowledge.write", title: "nav.knowledge" },
      },
      {
        path: "knowledge/articles/:id",
        name: "article",
        component: () => import("./features/knowledge/ArticleView.vue"),
        meta: { permission: "knowledge.read", title: "nav.knowledge" },
      },
      {
        path: "knowledge/flows",
        name: "flows",
        component: () => import("./features/flows/FlowsView.vue"),
        meta: { permission: "knowledge.read", title: "flows.title" },
      },
      {
        path: "knowledge/flows/new",
        name: "flow-new",
        component: () => import("./features/flows/FlowView.vue"),
        meta: { permission: "knowledge.write", title: "flows.title" },
      },
      {
        path: "knowledge/flows/:id(\\d+)",
        name: "flow",
        component: () => import("./features/flows/FlowView.vue"),
        meta: { permission: "knowledge.read", title: "flows.title" },
      },
      {
        path: "knowledge/intents",
        name: "intents",
        component: () => import("./features/intents/IntentsView.vue"),
        meta: { permission: "knowledge.read", title: "intents.title" },
      },
      {
        path: "knowledge/intents/new",
        name: "intent-new",
        component: () => import("./features/intents/IntentView.vue"),
        meta: { permission: "knowledge.write", title: "intents.title" },
      },
      {
        path: "knowledge/intents/:id(\\d+)",
        name: "intent",
        component: () => import("./features/intents/IntentView.vue"),
        meta: { permission: "knowledge.read", title: "intents.title" },
      },
      {
        path: "releases",
        name: "releases",
        component: () => import("./features/releases/ReleasesView.vue"),
        meta: { permission: "knowledge.read", title: "nav.releases" },
      },
      {
        path: "learning",
        name: "learning",
        component: () => import("./features/learning/LearningView.vue"),
        meta: { permission: "knowledge.read", title: "nav.learning" },
      },
      {
        path: "quality",
        name: "quality",
        component: () => import("./features/quality/QualityView.vue"),
        meta: { permission: "knowledge.read", title: "nav.quality" },
      },
      {
        path: "home",
        name: "home",
        component: () => import("./features/home/HomeView.vue"),
        meta: { permission: "report.read", title: "nav.home" },
      },
      {
        path: "settings/:page?/:item?",
        name: "settings",
        component: () => import("./features/settings/SettingsView.vue"),
        meta: { title: "nav.settings" },
      },
      { path: ":rest(.*)*", name: "not-found", component: () => import("./shell/NotFound.vue") },
    ],
  },
];

export function makeRouter() {
  const router = createRouter({ history: createWebHistory("/console/"), routes });
  router.beforeEach(async (to) => {
    const session = useSession();
    if (!session.known) {
      try {
        await session.load();
      } catch {
        // The server does not answer: the sign-in page says so when it is used.
        if (!to.meta.public) return { name: "sign-in", query: { next: to.fullPath } };
      }
    }
    if (!to.meta.public && !session.signedIn) return { name: "sign-in", query: { next: to.fullPath } };
    if (to.name === "sign-in" && session.signedIn) return "/";
    return true;
  });
  return router;
}
