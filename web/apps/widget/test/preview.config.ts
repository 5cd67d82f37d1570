// The built widget and shop page against the server in memory, to look at screens:
//   npm run build && npx vite preview --config apps/widget/test/preview.config.ts --port 4174
import { fileURLToPath } from "node:url";
import type { Plugin, UserConfig } from "vite";
import { WebSocketServer } from "ws";
import { FakeSocket, Server } from "./double";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data: blob:; connect-src 'self' ws:; frame-src 'self'; base-uri 'none'";

function answer(server: Server, said: string): void {
  const typing = (on: boolean): void =>
    server.sockets.forEach((s) =>
      s.show({ type: "typing", conversation_id: server.conversation!.id, who: "bot", name: "", on }),
    );
  typing(true);
  setTimeout(() => {
    if (said.includes("退货"))
      server.say({
        decision: "clarify",
        blocks: [
          { type: "text", text: "您想了解的是哪一个？" },
          {
            type: "buttons",
            choices: [
              { id: "article:Q024", label: "七天无理由退货怎么申请" },
              { id: "article:Q025", label: "退货运费谁出" },
              { id: "none", label: "都不是" },
            ],
          },
        ],
      });
    else
      server.say({
        decision: "answer",
        article_id: "Q026",
        article_question: "退款多久到账",
        blocks: [
          { type: "text", text: "仓库签收验货后1个工作日内发起退款，到账时间：" },
          {
            type: "list",
            ordered: false,
            items: ["余额和礼品卡：即时", "支付宝、微信：1个工作日", "银行卡：1至5个工作日"],
          },
          { type: "link", url: "https://shop.example/refund", title: "查看退款进度" },
        ],
      });
  }, 500);
}

function serveDouble(): Plugin {
  const server = new Server();
  return {
    name: "protocol-double",
    configurePreviewServer(preview) {
      preview.middlewares.use(async (req, res, next) => {
        if (req.url === "/demo/config.json") return void res.end(JSON.stringify({ website_token: "site" }));
        if (req.url === "/demo/identity.json")
          return void res.end(JSON.stringify({ external_id: "C1", hash: "h", name: "沈若溪" }));
        if (!req.url!.startsWith("/api/v1/widget")) return next();
        const chunks: Buffer[] = [];
        for await (const c of req) chunks.push(c as Buffer);
        const headers = { Authorization: req.headers.authorization ?? "" };
        const body = Buffer.concat(chunks).toString();
        const r = await server.fetch(req.url!, { method: req.method!, headers, ...(body ? { body } : {}) });
        res.writeHead(r.status, { "Content-Type": "application/json" }).end(await r.text());
        if (req.url!.endsWith("/messages")) answer(server, body);
        if (!req.url!.endsWith("/handover")) return;
        (server.conversation ?? server.open()).handler = "waiting";
        server.emit("conversation.updated", { ...server.conversation, queue_position: 2 });
        setTimeout(() => {
          server.conversation!.handler = "human";
          server.say({
            sender: "agent",
            sender_name: "李娜",
            blocks: [{ type: "text", text: "您好，我是李娜，已经看到前面的对话了，这就帮您查。" }],
          });
        }, 4000);
      });
      const sockets = new WebSocketServer({ noServer: true });
      preview.httpServer.on("upgrade", (req, socket, head) => {
        sockets.handleUpgrade(req, socket as never, head, (ws) => {
          const fake = new FakeSocket(server);
          fake.onmessage = (e) => ws.send(e.data);
          ws.on("message", (m) => fake.send(String(m)));
          ws.on("close", () => fake.close());
        });
      });
    },
  };
}

export default {
  root: fileURLToPath(new URL("../../..", import.meta.url)),
  plugins: [serveDouble()],
  build: { outDir: "dist" },
  preview: { host: "127.0.0.1", headers: { "Content-Security-Policy": policy } },
} satisfies UserConfig;
