// <script async src="https://HOST/widget/loader.js" data-website-token="…" [data-locale="en"]></script>
import { Launcher } from "./launcher";

const script = document.currentScript as HTMLScriptElement | null;
const token = script?.dataset.websiteToken;
if (!script || !token) console.error("zhike: the script tag needs data-website-token");
else if (!window.zhike) {
  const launcher = new Launcher({
    server: new URL(script.src).origin,
    token,
    locale: script.dataset.locale ?? null,
  });
  window.zhike = launcher.api;
  void launcher.start();
  window.dispatchEvent(new Event("zhike:ready"));
}
