// What a visitor and an agent do, one check each; all against the same running server, each with visitors of its own.
import assert from "node:assert/strict";
import { join } from "node:path";
import { ask, assertAccessible, openConsole, openShop, request, say, shot } from "./steps.mjs";

const consoleScreens = [
  "conversations",
  "knowledge",
  "knowledge/flows",
  "knowledge/intents",
  "learning",
  "quality",
  "home",
  "settings",
];

async function agentTakes(world, text) {
  const desk = await openConsole(world, "conversations");
  await desk.getByText(text, { exact: false }).first().click();
  const reply = desk.getByRole("combobox", { name: "回复" });
  await reply.waitFor();
  return { desk, reply };
}

// A visitor leaves a number and waits for a person; the agent has the conversation open.
async function agentSeesMasked(world, number) {
  const mark = `PD${Date.now() % 1_000_000}`;
  const { chat } = await openShop(world);
  await say(chat, "转人工");
  await chat.locator("header", { hasText: /正在转接|人工/ }).waitFor();
  await chat.locator("textarea").fill(`${mark} 请打${number}找周敏`);
  await chat.locator("textarea").press("Enter");
  await chat.locator(".row.mine", { hasText: mark }).last().waitFor();
  return { mark, ...(await agentTakes(world, mark)) };
}

export const checks = {
  "a question is answered with its source, and can be judged": async (world) => {
    const { page, chat } = await openShop(world);
    await chat.locator(".chips button").first().waitFor();
    await shot(world, page, "widget-greeting-light");
    const answer = await ask(chat, "运费怎么算？");
    await answer.locator(".source", { hasText: "运费怎么算" }).waitFor();
    await answer.locator(".judge button").first().click();
    await answer.locator('.judge button[aria-pressed="true"]').waitFor();
    await shot(world, page, "widget-answer-light");
    if (world.images) await page.screenshot({ path: join(world.images, "widget.png") });
  },

  "an unclear question is answered with buttons, and a pick is answered": async (world) => {
    const { page, chat } = await openShop(world);
    const question = await ask(chat, "退货");
    await question.locator(".choices button").first().waitFor();
    await shot(world, page, "widget-buttons-light");
    const label = (await question.locator(".choices button").first().innerText()).trim();
    await question.locator(".choices button").first().click();
    await chat.locator(".row.mine", { hasText: label }).waitFor();
    await chat.locator(".source").waitFor();
    for (const b of await question.locator(".choices button").all())
      assert.ok(await b.isDisabled(), "the choice is taken");
  },

  "a visitor is handed over; the agent sees it live, answers, and is read": async (world) => {
    const desk = await openConsole(world, "conversations");
    const text = `订单 ${Date.now() % 1_000_000} 少了一件`;
    const { page, chat } = await openShop(world);
    await say(chat, "转人工");
    const person = chat.locator("button.person");
    if (await person.isEnabled()) await person.click({ timeout: 5_000 }).catch(() => {});
    await chat.locator("header", { hasText: /正在转接|人工/ }).waitFor();
    await say(chat, text);
    await desk.getByText(text).first().waitFor();
    await desk.getByText(text).first().click();
    const reply = desk.getByRole("combobox", { name: "回复" });
    await reply.fill("您好，我马上为您核对。");
    await desk.getByRole("button", { name: "发送" }).click();
    await chat.locator(".row:not(.mine)", { hasText: "您好，我马上为您核对。" }).waitFor();
    await chat.locator(".meta", { hasText: "已读" }).waitFor();
    await shot(world, page, "widget-agent-light");
    await shot(world, desk, "console-thread-light");
    if (world.images) await desk.screenshot({ path: join(world.images, "console.png") });
    await say(chat, "谢谢，等您消息");
    await desk.getByText("谢谢，等您消息").first().waitFor();
  },

  "an edited article changes the next answer": async (world) => {
    const mark = `（${Date.now() % 1_000_000} 号更新）`;
    const desk = await openConsole(world, "knowledge/articles/Q013");
    const text = desk.getByRole("textbox", { name: "文本" }).first();
    await text.waitFor();
    await text.fill((await text.inputValue()) + mark);
    await desk.getByRole("button", { name: "保存", exact: true }).click();
    await desk.getByText("已保存", { exact: false }).first().waitFor();
    const { chat } = await openShop(world);
    const answer = await ask(chat, "怎么开发票");
    await answer.getByText(mark).waitFor();
  },

  "what nobody answered is taught, published, asked again and learnt": async (world) => {
    const question = "有没有线下体验店可以试穿";
    const { chat } = await openShop(world);
    const reply = await ask(chat, question);
    await reply.getByText("没有可靠的答案").waitFor();
    const desk = await openConsole(world, "releases");
    const atOnce = desk.getByRole("switch", { name: "修改立即生效" });
    await atOnce.click(); // edits wait for a release from here on
    try {
      await desk.goto(`${world.url}/console/learning`);
      const gap = desk.locator("li[id^=gap-]", { hasText: question });
      await gap.waitFor();
      await gap.getByRole("button", { name: question }).click();
      await shot(world, desk, "console-learning-open");
      await gap.getByRole("button", { name: "选其他知识" }).click();
      await desk.getByRole("combobox", { name: "搜索知识" }).fill("线下门店");
      await desk.getByRole("option", { name: /线下门店在哪里/ }).click();
      await gap.waitFor({ state: "detached" });
      await desk.getByRole("tab", { name: "已学会" }).click();
      const lesson = desk.locator("li", { hasText: question });
      await lesson.getByText("待发布").waitFor();
      await desk.goto(`${world.url}/console/releases`);
      await desk.getByRole("button", { name: "检查并发布" }).click();
      await desk.getByText("草稿与线上一致").waitFor({ timeout: 120_000 });
      await desk.goto(`${world.url}/console/learning?tab=lessons`);
      await lesson.getByText("次发布后答对").waitFor({ timeout: 60_000 });
      await shot(world, desk, "console-lessons-light");
    } finally {
      await desk.goto(`${world.url}/console/releases`);
      await atOnce.click();
    }
    const again = await openShop(world);
    await (await ask(again.chat, question)).locator(".source", { hasText: "线下门店在哪里" }).waitFor();
  },

  "an intent written in examples hands the widget's customer to its team": async (world) => {
    const desk = await openConsole(world, "knowledge/intents");
    await desk.getByRole("link", { name: "投诉", exact: true }).waitFor();
    await desk.getByText("排第一", { exact: true }).waitFor();
    await shot(world, desk, "console-intents-light");
    await assertAccessible(desk, "intents");
    await desk.getByRole("button", { name: "新建意图" }).click();
    await desk.getByRole("textbox", { name: "名称" }).fill("预约安装");
    await desk
      .getByRole("textbox", { name: "例句" })
      .fill(
        [
          "我想预约师傅上门安装",
          "帮我约个时间装窗帘",
          "什么时候能来给我装",
          "预约安装师傅",
          "约一下周末上门安装",
          "安装改到明天可以吗",
          "师傅几点来装",
        ].join("\n"),
      );
    await desk.getByRole("radio", { name: "转人工" }).click();
    await desk.getByRole("combobox", { name: "转给小组" }).selectOption({ label: "售后服务" });
    await desk.getByRole("combobox", { name: "优先级至少" }).selectOption("1");
    await desk.keyboard.press("Control+s");
    await desk.getByText("7 句例句逐一拿开", { exact: false }).waitFor();
    const q = desk.getByRole("textbox", { name: "客户会怎么说？" });
    await q.fill("约一下周末上门安装");
    await q.press("Enter");
    await desk.getByText("会认成“预约安装”").waitFor();
    await shot(world, desk, "console-intent-light");
    await assertAccessible(desk, "an intent");
    const { chat } = await openShop(world);
    await say(chat, "约一下周末上门安装。");
    await chat.locator("header", { hasText: /正在转接|人工/ }).waitFor();
    await say(chat, "周六上午最好");
    await desk.goto(`${world.url}/console/conversations?view=all`);
    await desk.getByText("周六上午最好").first().click();
    await desk.getByText("意图：预约安装").first().waitFor();
    await shot(world, desk, "console-intent-conversation-light");
    const phone = await openConsole(world, "knowledge/intents", {
      viewport: { width: 390, height: 844 },
      colorScheme: "dark",
      hasTouch: true,
    });
    await phone.getByRole("link", { name: "预约安装", exact: true }).click();
    await phone.getByRole("textbox", { name: "例句" }).waitFor();
    await shot(world, phone, "console-intent-phone-dark");
    await assertAccessible(phone, "an intent on a phone, dark");
    await desk.goto(`${world.url}/console/knowledge/intents`);
    await desk.getByRole("link", { name: "预约安装", exact: true }).click();
    await desk.getByRole("button", { name: "删除意图" }).click();
    await desk.getByRole("dialog").getByRole("button", { name: "删除" }).click();
    await desk.getByRole("link", { name: "投诉", exact: true }).waitFor();
  },

  "a flow that breaks its conversations is refused at its line; mended, it is what the widget asks": async (world) => {
    const desk = await openConsole(world, "knowledge");
    await desk.getByRole("button", { name: "对话流程" }).click();
    await desk.getByRole("link", { name: "退款多久到账" }).waitFor();
    await shot(world, desk, "console-flows-light");
    await desk.getByRole("link", { name: "退款多久到账" }).click();
    const text = desk.getByRole("textbox", { name: "流程内容" });
    const pane = desk.getByRole("region", { name: "对话" });
    await pane.getByText(/7 \/ 7/).waitFor();
    const before = await text.inputValue();
    const mark = `${Date.now() % 1_000_000} 号`;
    const asked = `请问是用信用卡付的款吗（${mark}）？`;
    await text.fill(before.replace("请问当时是用信用卡支付的吗？", asked));
    await desk.getByRole("button", { name: "发布", exact: true }).click();
    const line = before.split("\n").findIndex((l) => l.includes("says: 信用卡支付的吗")) + 1;
    await desk.getByRole("alert").getByText(`第 ${line} 行`).first().waitFor();
    await shot(world, desk, "console-flow-refused-light");
    await assertAccessible(desk, "flow, refused");
    await text.fill((await text.inputValue()).replaceAll("says: 信用卡支付的吗", `says: ${mark}`));
    await desk.getByRole("button", { name: "发布", exact: true }).click();
    await desk.getByText("已发布，下一轮对话就用它").waitFor();
    await pane.getByText(/7 \/ 7/).waitFor();
    await shot(world, desk, "console-flow-light");
    const { page, chat } = await openShop(world);
    const question = await ask(chat, "退款多久到账？");
    await question.getByText(mark).waitFor();
    await shot(world, page, "widget-flow-light");
    await desk.getByRole("button", { name: "更多操作" }).click();
    await desk.getByRole("menuitem", { name: "历史版本" }).click();
    await desk.getByRole("dialog").locator("del").first().waitFor();
    await shot(world, desk, "console-flow-versions-light");
    const phone = await openConsole(world, "knowledge/flows", {
      viewport: { width: 390, height: 780 },
      colorScheme: "dark",
    });
    await phone.getByRole("link", { name: "退款多久到账" }).click();
    await phone.getByText(/7 \/ 7/).waitFor();
    await shot(world, phone, "console-flow-phone-dark");
    await assertAccessible(phone, "flow on a phone, dark");
  },

  "the quality page measures, and a lower target answers more of last month's questions": async (world) => {
    const desk = await openConsole(world, "quality");
    await desk.getByText(/^测于 /).waitFor({ timeout: 120_000 });
    const answered = desk.getByRole("row", { name: /^直接回答/ }).getByRole("cell");
    const was = Number((await answered.nth(0).innerText()).replaceAll(",", ""));
    assert.ok(was > 0, "some questions were answered");
    await shot(world, desk, "console-quality-light");
    const slider = desk.getByRole("slider", { name: "准确率目标" });
    await slider.focus();
    const lower = desk.waitForResponse((r) => r.url().includes("/knowledge/quality?target=0.9"));
    await slider.fill("0.9");
    await lower;
    await desk.getByRole("columnheader", { name: "目标 90.0%" }).waitFor();
    const would = Number((await answered.nth(1).innerText()).replaceAll(",", ""));
    assert.ok(would > was, `${would} answered at 90 %, ${was} as it was`);
    const example = desk.getByRole("region", { name: "会改为直接回答" }).getByRole("link").first();
    await shot(world, desk, "console-quality-target");
    await slider.press("End"); // nothing can be promised there
    await desk.getByText("只有与知识一字不差的问题才直接回答").waitFor();
    await slider.fill("0.9");
    await desk.getByRole("columnheader", { name: "目标 90.0%" }).waitFor();
    await example.click();
    await desk.waitForURL(/conversations\/\d+/);
    for (const [name, options] of [
      ["console-quality-dark", { colorScheme: "dark", viewport: { width: 1280, height: 2000 } }],
      ["console-quality-phone", { viewport: { width: 390, height: 2400 } }],
      ["console-quality-en", { locale: "en-US" }],
    ]) {
      const other = await openConsole(world, "quality", options);
      await other.getByRole("slider").waitFor();
      await other.locator("figure canvas").waitFor();
      await shot(world, other, name);
    }
  },

  "a masked number is shown with a reason, which is audited, to those who may see it": async (world) => {
    const number = "13912345678";
    const { mark, desk } = await agentSeesMasked(world, number);
    const thread = desk.locator("main, [role=main]").first();
    const chip = thread.getByRole("button", { name: /^手机号/ }).last();
    await chip.waitFor();
    assert.match(await chip.innerText(), /139\*{4}5678/);
    await shot(world, desk, "console-masked-light");
    await chip.click();
    const dialog = desk.getByRole("dialog");
    await dialog.getByRole("button", { name: "查看", exact: true }).click();
    await dialog.getByText("请填写事由。").waitFor();
    await shot(world, desk, "console-reveal-light");
    await assertAccessible(desk, "reveal");
    await dialog.getByRole("button", { name: "联系客户" }).click();
    await dialog.getByRole("button", { name: "查看", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await thread.getByText(number).waitFor();
    await shot(world, desk, "console-revealed-light");

    const conversation = new URL(desk.url()).pathname.match(/conversations\/(\d+)/)[1];
    const auditor = await openConsole(world, "settings/audit");
    const row = auditor.getByRole("row").filter({ hasText: "personal_data.revealed" }).first();
    await row.getByText("联系客户", { exact: false }).waitFor();
    await shot(world, auditor, "console-audit-light");
    const viewer = { email: `viewer-${mark}@example.com`.toLowerCase(), password: `only-${mark}-looks-on` };
    const added = await request(auditor, "POST", "/agents", { ...viewer, name: "旁观者", role: "viewer" });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    const onlooker = await openConsole({ ...world, ...viewer }, `conversations/${conversation}`);
    await onlooker.getByText("139****5678", { exact: false }).last().waitFor();
    assert.equal(
      await onlooker.getByRole("button", { name: /^手机号/ }).count(),
      0,
      "no button without the permission",
    );
    assert.equal(await onlooker.getByRole("button", { name: "删除个人信息" }).count(), 0);

    for (const [name, options] of [
      ["console-reveal-dark", { colorScheme: "dark" }],
      ["console-reveal-phone", { viewport: { width: 390, height: 780 }, colorScheme: "dark" }],
    ]) {
      const other = await openConsole(world, `conversations/${conversation}`, options);
      await other
        .getByRole("button", { name: /^手机号/ })
        .last()
        .click();
      await other.getByRole("dialog").getByLabel("事由").waitFor();
      await shot(world, other, name);
      await assertAccessible(other, name);
    }
  },

  "an erased customer's originals are gone": async (world) => {
    const number = "13987654321";
    const { desk } = await agentSeesMasked(world, number);
    const thread = desk.locator("main, [role=main]").first();
    await thread
      .getByRole("button", { name: /^手机号/ })
      .last()
      .waitFor();
    const erase = desk.getByRole("button", { name: "删除个人信息" });
    await erase.click();
    const sure = desk.getByRole("alertdialog").or(desk.getByRole("dialog"));
    await sure.getByLabel("事由").fill("客户要求删除");
    await shot(world, desk, "console-erase-light");
    await assertAccessible(desk, "erase");
    await sure.getByRole("button", { name: "删除个人信息" }).click();
    await desk.getByText(/个人信息已于 .* 删除/).waitFor();
    await desk.reload();
    await thread.getByText("139****4321", { exact: false }).last().waitFor();
    assert.equal(await thread.getByText(number).count(), 0);
    assert.equal(await thread.getByRole("button", { name: /^手机号/ }).count(), 0, "nothing is left to show");
    await shot(world, desk, "console-erased-light");
  },

  "a reload keeps the conversation": async (world) => {
    const { page, chat } = await openShop(world);
    await ask(chat, "运费怎么算？");
    await page.reload();
    await page.waitForFunction(() => window.zhike);
    await chat.locator(".row.mine", { hasText: "运费怎么算？" }).waitFor({ state: "attached" });
    await page.evaluate(() => window.zhike.open());
    await chat.locator(".row:not(.mine)").nth(1).waitFor(); // after the greeting: the reply
  },

  "offline messages are kept and sent once each": async (world) => {
    const { context, page, chat } = await openShop(world);
    await ask(chat, "怎么取消订单");
    await context.setOffline(true);
    await say(chat, "断网时的第一条");
    await say(chat, "断网时的第二条");
    await chat.locator(".banner.warn").waitFor();
    await context.setOffline(false);
    await chat.locator(".bubble.faint").first().waitFor({ state: "detached" });
    await page.reload();
    await page.waitForFunction(() => window.zhike);
    await page.evaluate(() => window.zhike.open());
    for (const text of ["断网时的第一条", "断网时的第二条"]) {
      await chat.locator(".row.mine", { hasText: text }).first().waitFor();
      assert.equal(await chat.locator(".row.mine", { hasText: text }).count(), 1, text);
    }
  },

  "two tabs show the same conversation": async (world) => {
    const first = await openShop(world);
    await ask(first.chat, "能寄到国外吗");
    const second = await openShop(world, { context: first.context });
    await second.chat.locator(".row.mine", { hasText: "能寄到国外吗" }).waitFor();
    await say(second.chat, "第二个窗口的问题");
    await first.chat.locator(".row.mine", { hasText: "第二个窗口的问题" }).waitFor();
    assert.equal(await first.chat.locator(".row.mine", { hasText: "第二个窗口的问题" }).count(), 1);
  },

  "an agent resolves; the visitor rates and starts anew": async (world) => {
    const text = `发货单 ${Date.now() % 1_000_000}`;
    const { chat } = await openShop(world);
    await say(chat, "转人工");
    await chat.locator("header", { hasText: /正在转接|人工/ }).waitFor();
    await say(chat, text);
    const { desk, reply } = await agentTakes(world, text);
    await reply.fill("已为您处理好。");
    await desk.getByRole("button", { name: "发送" }).click();
    await chat.getByText("已为您处理好。").waitFor();
    await desk.getByRole("button", { name: /解决/ }).first().click();
    await chat.locator(".ending input").nth(4).check({ force: true });
    await chat.locator(".ending textarea").fill("很快");
    await chat.locator('.ending button[type="submit"]').click();
    await chat.locator(".ending .thanks").waitFor();
    await chat.locator(".ending .plain").click();
    await ask(chat, "退款多久到账");
    assert.equal(await chat.locator(".row.mine", { hasText: text }).count(), 0, "the old conversation is left behind");
  },

  "a phone shows the chat on the full screen": async (world) => {
    const { page, chat } = await openShop(world, {
      viewport: { width: 390, height: 780 },
      isMobile: true,
      hasTouch: true,
    });
    await ask(chat, "一般用什么快递");
    await page.waitForFunction(() => {
      const host = document.querySelector("div[data-side]");
      const box = host.shadowRoot.querySelector("iframe").getBoundingClientRect();
      return box.left === 0 && box.top === 0 && box.width === innerWidth && Math.abs(box.height - innerHeight) <= 1;
    });
    await shot(world, page, "widget-phone-light");
    await assertAccessible(page, "phone");
    await chat.locator("header .shut").click();
    await page.waitForFunction(() => !document.querySelector("div[data-open]"));
  },

  "English speaks English": async (world) => {
    const { page, chat } = await openShop(world, { locale: "en-GB" }, "?lang=en");
    await chat.getByRole("button", { name: "Talk to a person" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    const answer = await ask(chat, "How much is shipping?");
    await answer.locator(".source", { hasText: "From:" }).waitFor();
    await shot(world, page, "widget-english-light");
    await assertAccessible(page, "English");
  },

  "a signed-in customer is known, and forgotten when he signs out": async (world) => {
    const { page, chat } = await openShop(world);
    await page.locator("#customer .track").click();
    await ask(chat, "会员有什么权益");
    await page.locator("#customer .track").click();
    await chat.locator(".row.mine").first().waitFor({ state: "detached" });
    await page.locator("#customer .track").click();
    await chat.locator(".row.mine", { hasText: "会员有什么权益" }).first().waitFor();
  },

  "the keyboard is enough, and Enter that ends a composition sends nothing": async (world) => {
    const { page, chat } = await openShop(world);
    await chat.locator("textarea").fill("ni hao");
    await chat
      .locator("textarea")
      .evaluate((e) =>
        e.dispatchEvent(
          new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true }),
        ),
      );
    assert.equal(await chat.locator(".row.mine").count(), 0);
    await chat.locator("textarea").press("Enter");
    await chat.locator(".row.mine").waitFor();
    await chat.locator("textarea").press("Escape");
    await page.waitForFunction(() => !document.querySelector("div[data-open]"));
    assert.ok(
      await page.evaluate(
        () => document.querySelector("div[data-side]").shadowRoot.activeElement?.tagName === "BUTTON",
      ),
      "focus is back on the launcher",
    );
  },

  ...Object.fromEntries(
    ["light", "dark"].map((colorScheme) => [
      `nothing serious is found by axe, ${colorScheme}`,
      async (world) => {
        const { page, chat } = await openShop(world, { colorScheme });
        await ask(chat, "退款多久到账？");
        await shot(world, page, `shop-${colorScheme}`);
        await assertAccessible(page, `shop and widget, ${colorScheme}`);
        const desk = await openConsole(world, "", { colorScheme });
        for (const screen of consoleScreens) {
          await desk.goto(`${world.url}/console/${screen}`);
          await desk.waitForLoadState("networkidle");
          await shot(world, desk, `console-${screen.replace("/", "-")}-${colorScheme}`);
          await assertAccessible(desk, `console ${screen}, ${colorScheme}`);
        }
      },
    ]),
  ),
};
