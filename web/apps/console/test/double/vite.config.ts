// The console against the protocol double: npm run dev:double -w @zhike/console (lina@shop.example, demo-password).
import type { IncomingMessage } from "node:http";
import { fileURLToPath } from "node:url";
import type { Plugin, UserConfig } from "vite";
import { WebSocketServer } from "ws";
import base from "../../vite.config";
import { Double } from "./double";

function serveDouble(): Plugin {
  const double = new Double();
  return {
    name: "protocol-double",
    configureServer(server) {
      server.middlewares.use("/api/v1", (req: IncomingMessage, res) => {
        const chunks: Buffer[] = [];
        req.on("data", (c: Buffer) => chunks.push(c));
        req.on("end", () => {
          const raw = Buffer.concat(chunks);
          const json =
            req.headers["content-type"] === "application/json" && raw.length ? JSON.parse(raw.toString()) : null;
          const a = double.handle(req.method!, `/api/v1${req.url}`, json, req.headers as Record<string, string>, raw);
          res.writeHead(a.status, { "Content-Type": "application/json", ...a.headers });
          res.end(a.body === undefined ? undefined : JSON.stringify(a.body));
        });
      });
      const wss = new WebSocketServer({ noServer: true });
      server.httpServer!.on("upgrade", (req, socket, head) => {
        if (!req.url?.startsWith("/api/v1/ws")) return;
        wss.handleUpgrade(req, socket, head, (ws) => {
          const send = (frame: unknown): void => ws.send(JSON.stringify(frame));
          ws.on("message", (m) => {
            const frame = JSON.parse(String(m));
            if (frame.type === "ping") send({ type: "pong" });
            if (frame.type !== "hello") return;
            send({ type: "welcome", seq: double.seq });
            if (frame.since_seq !== null) double.events.filter((e) => e.seq > frame.since_seq).forEach(send);
            double.listeners.add(send);
          });
          ws.on("close", () => double.listeners.delete(send));
        });
      });
    },
  };
}
export default {
  ...base,
  root: fileURLToPath(new URL("../..", import.meta.url)),
  plugins: [...base.plugins!, serveDouble()],
  server: { host: "127.0.0.1" },
} satisfies UserConfig;
