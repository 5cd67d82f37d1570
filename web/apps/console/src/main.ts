import { createPinia } from "pinia";
import { createApp } from "vue";
import App from "./App.vue";
import { whenSignedOut } from "./core/api";
import { firstLocale, i18n, setLocale } from "./core/i18n";
import { useLive } from "./core/live";
import { useSession } from "./core/session";
import { handleKey } from "./core/shortcuts";
import { makeRouter } from "./router";
import "./styles.css";

async function start(): Promise<void> {
  await setLocale(firstLocale());
  const app = createApp(App);
  app.use(createPinia());
  const router = makeRouter();
  whenSignedOut(() => {
    useSession().forget();
    useLive().stop();
    const next = router.currentRoute.value.fullPath;
    void router.push({ name: "sign-in", query: { next } });
  });
  app.use(i18n).use(router).mount("#app");
  window.addEventListener("keydown", handleKey);
}
void start();
