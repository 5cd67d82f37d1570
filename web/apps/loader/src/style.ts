// As a constructed style sheet in a shadow root: neither the page's styles nor its Content-Security-Policy touch it.
export const style = `
:host { all: initial; position: fixed; inset: auto 0 0 auto; z-index: 2147483000; font: 14px system-ui, sans-serif }
:host([data-side="left"]) { inset: auto auto 0 0 }
button {
  all: unset; box-sizing: border-box; position: fixed; bottom: max(20px, env(safe-area-inset-bottom)); right: 20px;
  width: 56px; height: 56px; border-radius: 50%; display: grid; place-items: center; cursor: pointer;
  background: var(--brand); color: var(--on-brand); box-shadow: 0 6px 24px rgb(0 0 0 / 24%), 0 1px 3px rgb(0 0 0 / 20%);
  transition: transform .18s ease, background-color .18s ease; -webkit-tap-highlight-color: transparent;
}
:host([data-side="left"]) button { right: auto; left: 20px }
button:hover { background: var(--brand-hover); transform: translateY(-2px) }
button:active { transform: scale(.96) }
button:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px }
svg { grid-area: 1 / 1; width: 26px; height: 26px; transition: opacity .18s, transform .18s }
.shut { opacity: 0; transform: rotate(-45deg) }
:host([data-open]) .shut { opacity: 1; transform: none }
:host([data-open]) .chat { opacity: 0; transform: rotate(45deg) }
b {
  position: absolute; top: -4px; right: -4px; box-sizing: border-box; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px;
  background: #c62828; color: #fff; font: 600 12px/22px system-ui, sans-serif; text-align: center; box-shadow: 0 0 0 2px #fff;
}
b[hidden] { display: none }
.panel {
  position: fixed; bottom: max(92px, calc(72px + env(safe-area-inset-bottom))); right: 20px; width: 400px; height: min(680px, calc(100dvh - 112px));
  max-width: calc(100vw - 40px); border-radius: 16px; overflow: hidden; background: var(--panel); box-shadow: 0 16px 56px rgb(0 0 0 / 26%), 0 0 0 1px rgb(0 0 0 / 6%);
  visibility: hidden; opacity: 0; transform: translateY(12px); transform-origin: bottom right; transition: opacity .18s ease, transform .18s ease, visibility 0s .18s;
}
:host([data-side="left"]) .panel { right: auto; left: 20px }
:host([data-open]) .panel { visibility: visible; opacity: 1; transform: none; transition-delay: 0s }
iframe { display: block; width: 100%; height: 100%; border: 0; background: transparent; color-scheme: normal }
@media (max-width: 480px), (max-height: 440px) {
  .panel { inset: 0 !important; width: 100vw; max-width: none; height: 100dvh; border-radius: 0; transform: none }
  :host([data-open]) button { visibility: hidden }
}
@media (prefers-reduced-motion: reduce) { * { transition: none !important } button:hover { transform: none } }
@media print { :host { display: none } }
`;
