#include "bench/server/shop.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "conversation/writer.hpp"
#include "domain/block.hpp"

namespace zk::bench {
namespace json = integration::json;
namespace {

constexpr std::array<const char*, 50> kGoods{
    "手机壳", "蓝牙耳机", "充电宝", "数据线", "平板电脑", "智能手表", "台灯", "电风扇", "加湿器", "电饭煲",
    "烤箱",   "微波炉",   "榨汁机", "热水壶", "洗衣机",   "冰箱",     "空调", "扫地机", "吸尘器", "净水器",
    "床垫",   "枕头",     "被子",   "窗帘",   "沙发",     "餐桌",     "书柜", "办公椅", "衣架",   "收纳箱",
    "运动鞋", "羽绒服",   "连衣裙", "牛仔裤", "衬衫",     "帽子",     "围巾", "手套",   "背包",   "行李箱",
    "口红",   "面霜",     "洗发水", "牙刷",   "香水",     "婴儿车",   "奶粉", "玩具车", "积木",   "自行车"};
constexpr std::array<const char*, 20> kWishes{"怎么退货",     "保修多久",   "能开发票吗",   "什么时候发货",
                                              "运费多少钱",   "怎么安装",   "支持换颜色吗", "尺寸怎么选",
                                              "有没有现货",   "可以分期吗", "坏了怎么修",   "怎么清洗",
                                              "是哪里生产的", "有什么赠品", "能送到乡下吗", "可以自提吗",
                                              "多少钱一个",   "有优惠券吗", "说明书在哪里", "电池能用多久"};
constexpr std::array<const char*, 12> kBefore{"你好，",     "请问",     "想问下", "在吗，",
                                              "麻烦问一下", "我想知道", "问一下", "您好，请问",
                                              "那个",       "帮我看看", "亲，",   "老板，"};
constexpr std::array<const char*, 12> kAfter{"",     "呢",     "啊",       "呀", "？",       "，谢谢",
                                             "，急", "？多谢", "，求告知", "哦", "，麻烦了", "，谢谢啦"};
constexpr std::array<const char*, 8> kSaid{"我的订单什么时候可以发货",
                                           "颜色发错了想换一件",
                                           "优惠券用不了是怎么回事",
                                           "收到的东西有点破损",
                                           "地址写错了能改吗",
                                           "发票什么时候寄出来",
                                           "客服在不在",
                                           "已经付过钱了"};
static_assert(kGoods.size() * kWishes.size() == kArticles);

std::string message_text(int n) {
  std::string out = kSaid[static_cast<std::size_t>(n) % kSaid.size()];
  if (n % 9 == 0) out += std::string("，还有") + kCommonWord;
  if (n % 5000 == 0) out += std::string("，") + kRareWord;
  return out + "，第" + std::to_string(n) + "条";
}

template <class T>
T must(Result<T> r) {
  if (!r) throw std::runtime_error(r.error().message + " " + r.error().detail);
  return *std::move(r);
}

}  // namespace

std::string standard_question(int i) {
  const auto n = static_cast<std::size_t>(i);
  return std::string(kGoods[n / kWishes.size()]) + kWishes[n % kWishes.size()];
}

std::string reworded_question(int i, int n) {
  const auto k = static_cast<std::size_t>(n);
  auto out = kBefore[k % kBefore.size()] + standard_question(i) + kAfter[k / kBefore.size() % kAfter.size()];
  const auto round = k / (kBefore.size() * kAfter.size());
  return round == 0 ? out : out + "，我买了" + std::to_string(round + 1) + "个";
}

Shop::Shop() : place_{folder_.file("data"), ""} {
  std::filesystem::create_directory(place_.data);
  integration::prepare(place_);
  const auto file = folder_.file("articles.jsonl");
  std::ofstream out(file);
  for (int i = 0; i < kArticles; ++i)
    out << json::serialize(json::object{{"id", "B" + std::to_string(i)},
                                        {"category", kGoods[static_cast<std::size_t>(i) / kWishes.size()]},
                                        {"question", standard_question(i)},
                                        {"similar", {reworded_question(i, 1), reworded_question(i, 28)}},
                                        {"answer", "关于" + standard_question(i) + "，请看商品页的说明。"}})
        << '\n';
  out.close();
  std::string said;
  if (integration::run(place_.command({"import", "articles", file}), {}, &said) != 0)
    throw std::runtime_error("import: " + said);
  start(true);
  company_ = integration::found_company(url_);
  stop();
}

void Shop::start(bool lexical_only, const std::vector<std::string>& settings) {
  auto words = place_.command({"serve", "--listen", "127.0.0.1:0", "--models", ZK_SOURCE_DIR "/models"});
  if (lexical_only) words.push_back("--lexical-only");
  for (const char* s : {"widget.messages_per_second=0", "widget.sessions_per_second=0", "log.level=warn"})
    words.insert(words.end(), {"--set", s});
  for (const auto& s : settings) words.insert(words.end(), {"--set", s});
  server_ = std::make_unique<integration::Process>(words);
  const auto url = server_->listening(std::chrono::minutes(5));
  if (!url) throw std::runtime_error("the server did not start: " + server_->said());
  url_ = *url;
}

void Shop::stop() {
  server_->signal(SIGTERM);
  if (server_->wait() != 0) throw std::runtime_error("the server did not end well: " + server_->said());
}

void Shop::wait_until_learnt() {
  auto http = office();
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(10);
  while (http.get("/api/v1/knowledge/status")["state"] != json::value("ready")) {
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error("the articles were not learnt in 10 minutes");
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
}

void Shop::set_bot(bool on) const {
  const auto changed = office().patch("/api/v1/inboxes/" + std::to_string(company_.inbox),
                                      {{"settings", {{"bot_enabled", on}}}});
  if (changed.status != 200) throw std::runtime_error("bot_enabled: " + changed.text);
}

void Shop::fill(int conversations, int each) const {
  const auto db = must(storage::Db::open({.url = "sqlite:" + place_.data + "/zhike.db"}));
  static constexpr storage::Query kContact{
      "bench.contact", "INSERT INTO contact (name, last_seen_at) VALUES ($1, 1) RETURNING id"};
  const conversation::QueuePosition none;
  const SystemClock clock;
  constexpr int kAtOnce = 200;
  for (int from = 0; from < conversations; from += kAtOnce)
    must(db->write(after(std::chrono::minutes(5)), [&](storage::Tx& tx) -> Result<int> {
      for (int i = from; i < std::min(conversations, from + kAtOnce); ++i) {
        conversation::Writer w(tx, clock.now(), none);
        ZK_TRY(const auto row, tx.one(kContact, {"访客" + std::to_string(i)}));
        const auto contact = row.id<ContactId>(0);
        ZK_TRY(auto c, w.open(contact, InboxId{company_.inbox}, {}, "zh-CN", Handler::kHuman));
        for (int m = 0; m < each; ++m) {
          ZK_TRY(const auto stored, w.insert(c, {.sender = SenderKind::kVisitor,
                                                 .sender_id = contact.value,
                                                 .blocks = text_blocks(message_text(i * each + m)),
                                                 .client_id = "f-" + std::to_string(m)}));
          if (!stored) return fail(ErrorCode::kConflict, "a message was there already");
        }
        ZK_TRY_STATUS(w.save(c));
      }
      return 0;
    }));
  db->close();
}

std::vector<integration::Visitor> Shop::visitors(int count) const {
  integration::Http http(url_);
  std::vector<integration::Visitor> out;
  for (int i = 0; i < count; ++i) out.push_back(integration::open_session(http, company_));
  return out;
}

Memory memory_of(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/smaps_rollup");
  Memory out;
  for (std::string name, line; in >> name && std::getline(in, line);) {
    if (name == "Rss:") out.resident_mb = std::stod(line) / 1024;
    if (name == "Pss:") out.proportional_mb = std::stod(line) / 1024;
  }
  if (out.resident_mb == 0) throw std::runtime_error("the server's memory cannot be read");
  return out;
}

}  // namespace zk::bench
