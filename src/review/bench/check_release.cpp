// A check of a release as large as it should bear, with a customer asking all the while: a knowledge base
// made from a seed (ARTICLES × 10 similar questions), QUESTIONS regression questions, one article in twenty
// edited. Then publishing and rolling back, until the next answer has changed. Processor seconds stand beside
// the clock's, for machines that others use.
//
//   bench_review_check_release [ARTICLES [QUESTIONS [SEED]]]
#include <fmt/core.h>

#include <array>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <thread>

#include "base/log.hpp"
#include "base/random.hpp"
#include "knowledge/articles.hpp"
#include "nlu/metrics.hpp"
#include "review/checks.hpp"
#include "review/questions.hpp"

namespace zk::review {
namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }
double cpu() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }
Deadline soon() { return after(std::chrono::minutes(30)); }

template <class T>
T must(Result<T> r) {
  if (r) return *std::move(r);
  fmt::print(stderr, "{} {}\n", r.error().message, r.error().detail);
  std::exit(1);
}
void must(Status s) {
  if (s) return;
  fmt::print(stderr, "{} {}\n", s.error().message, s.error().detail);
  std::exit(1);
}

constexpr std::array kThings = {
    "扫地机器人", "空气炸锅", "电饭煲",   "蓝牙耳机", "智能手表", "行李箱",   "保温杯",   "四件套",
    "儿童书包",   "跑步鞋",   "羽绒服",   "洗面奶",   "防晒霜",   "电动牙刷", "吹风机",   "加湿器",
    "台灯",       "办公椅",   "显示器",   "机械键盘", "移动硬盘", "投影仪",   "净水器",   "电热毯",
    "榨汁机",     "婴儿推车", "猫粮",     "帐篷",     "自行车",   "瑜伽垫",   "会员卡",   "礼品卡",
    "优惠券",     "积分",     "电子发票", "预售订单", "海外订单", "企业订单", "团购订单", "以旧换新"};
constexpr std::array kMatters = {
    "怎么退货",     "怎么换货",   "多久发货", "运费谁出",  "保修多久",     "能开发票吗",   "坏了怎么办",
    "可以改地址吗", "有没有优惠", "怎么使用", "怎么清洁",  "少发了怎么办", "发错了怎么办", "什么时候补货",
    "能货到付款吗", "可以分期吗", "怎么评价", "能送人吗",  "降价能补吗",   "安装收费吗",   "能上门取件吗",
    "可以加急吗",   "支持自提吗", "怎么投诉", "能换颜色吗"};
constexpr std::array kWordings = {"{1}，{0}",       "请问{0}{1}",    "我买的{0}{1}", "{0}这个{1}啊",
                                  "想问一下{0}{1}", "你们家{0}{1}",  "{0}的话{1}",   "刚买的{0}，{1}",
                                  "帮我看看{0}{1}", "关于{0}，{1}",  "老板，{0}{1}", "上周下单的{0}{1}呀",
                                  "{0}，你们{1}",   "朋友送的{0}{1}"};
constexpr std::size_t kSimilar = 10;

std::string worded(std::size_t wording, std::size_t thing, std::size_t matter) {
  return fmt::format(fmt::runtime(kWordings[wording]), kThings[thing], kMatters[matter]);
}

struct Made {
  std::vector<Article> articles;
  std::vector<RegressionQuestion> questions;
};
Made make(std::size_t articles, std::size_t questions, std::uint64_t seed) {
  Random random(seed);
  Made out;
  for (std::size_t i = 0; i < articles; ++i) {
    const auto thing = i % kThings.size(), matter = i / kThings.size() % kMatters.size();
    const auto round = i / (kThings.size() * kMatters.size());
    Article a;
    a.external_id = fmt::format("G{}", i);
    a.question = fmt::format("{}{}{}", kThings[thing], kMatters[matter],
                             round ? fmt::format("（第{}代）", round + 1) : "");
    for (std::size_t s = 0; s < kSimilar; ++s)
      a.similar.push_back(worded(s, thing, matter) + (round ? fmt::format("{}代", round + 1) : ""));
    a.answer = text_blocks(fmt::format("{}：请在订单页申请，{}个工作日内处理，费用{}元。", a.question,
                                       1 + random.below(15), random.below(50)));
    out.articles.push_back(std::move(a));
  }
  for (std::size_t i = 0; i < questions; ++i) {
    const auto article = random.below(articles);
    const auto wording = kSimilar + random.below(kWordings.size() - kSimilar);
    auto text = worded(wording, article % kThings.size(), article / kThings.size() % kMatters.size());
    out.questions.push_back({.text = fmt::format("{}{}", text, i),
                             .articles = {out.articles[article].external_id},
                             .source = "import"});
  }
  return out;
}

// A customer who asks one question after the other; seconds of each.
class Customer {
 public:
  Customer(const knowledge::Library& library, const dialogue::Engine& engine)
      : thread_([&] {
          for (std::size_t i = 0; !done_; ++i) {
            const auto start = Clock::now();
            must(engine.turn(*library.current(),
                             {.text = worded(i % kWordings.size(), i % kThings.size(), i % kMatters.size()),
                              .now = SystemClock().now(),
                              .channel = "web"}));
            seconds_.push_back(since(start));
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        timespec used{};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        cpu_s_ = static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
          }
        }) {}
  std::vector<double> stop() {
    done_ = true;
    thread_.join();
    return seconds_;
  }
  double cpu_s() const { return cpu_s_; }  // of its own thread; the encoder's are the check's

 private:
  std::atomic<bool> done_{false};
  std::atomic<double> cpu_s_{0};
  std::vector<double> seconds_;
  std::thread thread_;
};

double until(const knowledge::Library& library, const dialogue::Engine& engine, const std::string& question,
             const std::string& wanted) {
  const auto start = Clock::now();
  for (;;) {
    const auto reply = must(
        engine.turn(*library.current(), {.text = question, .now = SystemClock().now(), .channel = "web"}));
    if (plain_text(reply.blocks).find(wanted) != std::string::npos) return since(start);
    if (since(start) > 60) {
      fmt::print(stderr, "the answer did not change: {}\n", plain_text(reply.blocks));
      std::exit(1);
    }
  }
}

void run(std::size_t articles, std::size_t questions, std::uint64_t seed) {
  log::set_level(log::Level::kWarn);
  const auto dir = std::filesystem::temp_directory_path() /
                   fmt::format("zhike-check-{}", Clock::now().time_since_epoch().count());
  std::filesystem::create_directories(dir);
  const SystemClock clock;
  auto db = must(storage::Db::open({.url = "sqlite:" + (dir / "zhike.db").string()}));
  const auto models = must(answering::open_models(
      ZK_SOURCE_DIR "/models", {.profile = answering::Profile::kFast, .cache = dir / "cache", .threads = 2}));
  auto made = make(articles, questions, seed);
  const auto save = [&](const Article& a) {
    must(db->write(soon(), [&](storage::Tx& tx) {
      return knowledge::save(tx, a, {.author = "bench", .now = clock.now(), .announce = false});
    }));
  };
  for (const auto& a : made.articles) save(a);
  must(db->write(soon(), [&](storage::Tx& tx) {
    return knowledge::publish(tx, {.author = "bench", .now = clock.now()});
  }));
  must(db->write(soon(), [&](storage::Tx& tx) -> Status {
    for (const auto& q : made.questions) ZK_TRY_STATUS(add(tx, q).map([](const auto&) {}));
    return {};
  }));
  auto start = Clock::now();
  auto library = must(knowledge::Library::open(*db, models));
  library->wait(soon(), true);
  const double learnt_s = since(start);
  for (std::size_t i = 0; i < made.articles.size(); i += 20) {
    made.articles[i].similar.push_back(worded(12, i % kThings.size(), i / kThings.size() % kMatters.size()));
    made.articles[i].answer = text_blocks(fmt::format("新答案{}", i));
    save(made.articles[i]);
  }
  const dialogue::Engine engine({});
  const auth::AuditLog audit(auth::Key{});
  Checks checks(*db, clock, audit, *library, engine, {});
  Customer customer(*library, engine);
  start = Clock::now();
  const double cpu_start = cpu();
  const auto id = must(checks.start({.actor = "bench"}));
  while (!checks.wait(after(std::chrono::seconds(2)))) {
    const auto s = must(checks.find(id));
    fmt::print(stderr, "{:>6.1f} s  {:<8} {} of {}\n", since(start), s.step, s.done, s.total);
  }
  const double check_s = since(start), check_cpu_s = cpu() - cpu_start;
  const auto asked = customer.stop();
  const auto state = must(checks.find(id));
  const Gate gate{.actor = "bench", .note = "", .override_reason = "measured", .now = clock.now()};
  must(db->write(soon(), [&](storage::Tx& tx) { return checks.publish(tx, gate); }));
  const double publish_s = until(*library, engine, made.articles[0].question, "新答案0");
  must(db->write(soon(), [&](storage::Tx& tx) { return checks.roll_back(tx, 1, gate); }));
  const double rollback_s = until(*library, engine, made.articles[0].question, "费用");
  auto report = boost::json::parse(state.report).as_object();
  boost::json::object out{{"articles", articles},
                          {"questions", state.total},
                          {"seed", seed},
                          {"state", state.state},
                          {"learn_from_nothing_s", learnt_s},
                          {"check_s", check_s},
                          {"check_cpu_s", check_cpu_s},
                          {"customer_cpu_s", customer.cpu_s()},
                          {"changed", report["changed"].as_object()["total"]},
                          {"after", report["after"]},
                          {"duplicates", report["duplicates"].as_array().size()},
                          {"conflicts", report["conflicts"].as_array().size()},
                          {"customer_turns", asked.size()},
                          {"customer_p50_ms", 1e3 * nlu::percentile(asked, 0.5)},
                          {"customer_p99_ms", 1e3 * nlu::percentile(asked, 0.99)},
                          {"publish_to_answer_s", publish_s},
                          {"rollback_to_answer_s", rollback_s}};
  fmt::print("{}\n", boost::json::serialize(out));
  library.reset();
  db.reset();
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace zk::review

int main(int argc, char** argv) {
  const auto number = [&](int i, unsigned long otherwise) {
    return argc > i ? std::stoul(argv[i]) : otherwise;
  };
  zk::review::run(number(1, 1000), number(2, 2000), number(3, 1));
}
