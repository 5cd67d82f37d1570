// Drawing attention: a browser notification and a short tone, each only when the reader switched it on.
import { ref } from "vue";
import { recall, remember } from "./storage";

export const alertsOn = ref(recall("alerts") === "on");
export const soundOn = ref(recall("sound") === "on");

export async function setAlerts(on: boolean): Promise<boolean> {
  if (on && (typeof Notification === "undefined" || (await Notification.requestPermission()) !== "granted")) on = false;
  alertsOn.value = on;
  remember("alerts", on ? "on" : null);
  return on;
}
export function setSound(on: boolean): void {
  soundOn.value = on;
  remember("sound", on ? "on" : null);
  if (on) chime();
}

let audio: AudioContext | null = null;
function chime(): void {
  audio ??= new AudioContext();
  const at = audio.currentTime;
  for (const [i, frequency] of [660, 880].entries()) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, at + i * 0.14);
    gain.gain.exponentialRampToValueAtTime(0.12, at + i * 0.14 + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, at + i * 0.14 + 0.3);
    tone.connect(gain).connect(audio.destination);
    tone.start(at + i * 0.14);
    tone.stop(at + i * 0.14 + 0.32);
  }
}

export function alertReader(title: string, body: string, tag: string, open: () => void): void {
  if (soundOn.value) chime();
  if (
    !alertsOn.value ||
    !document.hidden ||
    typeof Notification === "undefined" ||
    Notification.permission !== "granted"
  )
    return;
  const n = new Notification(title, { body, tag });
  n.onclick = () => {
    window.focus();
    open();
    n.close();
  };
}
