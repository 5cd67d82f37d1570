#include "review/meter.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/log.hpp"
#include "review/questions.hpp"

namespace zk::review {
namespace {

constexpr auto kPatience = std::chrono::seconds(30);
constexpr int kYield = 10;  // nice: customers' turns come first
constexpr std::uintmax_t kMostFileBytes = 4 * 1024 * 1024;

// Weights carry no name: thresholds fitted with them tell two of them apart.
std::string name_of(const answering::Models& models) {
  std::string out(answering::to_string(models.profile));
  for (const auto* encoders : {&models.encoders, &models.multilingual})
    for (const auto& e : *encoders) out += ' ' + std::string(e->model_id());
  for (const auto* judge : {models.judge.get(), models.multilingual_judge.get()})
    if (judge)
      for (const double target : {0.9, 0.95, 0.98, 0.99})
        out += fmt::format(" {:.17g}", judge->operating(target).answer);
  return out;
}

}  // namespace

std::string_view to_string(MeterState state) {
  switch (state) {
    case MeterState::kWaiting:
      return "waiting";
    case MeterState::kMeasuring:
      return "measuring";
    case MeterState::kReady:
      return "ready";
    case MeterState::kEmpty:
      return "empty";
    case MeterState::kFailed:
      return "failed";
  }
  return "failed";
}

struct Meter::Work {
  knowledge::Library::Snapshot snapshot;
  std::vector<RegressionQuestion> regression;
  Measurement measured;
};

Meter::Meter(storage::Db& db, const Clock& clock, const knowledge::Library& library, Options options)
    : db_(db),
      clock_(clock),
      library_(library),
      options_(std::move(options)),
      job_({"quality", options_.period}, [this] {
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kYield);
        refresh();
      }) {
  recall();
  job_.poke();
}

Meter::~Meter() { stop(); }

void Meter::stop() {
  stopping_ = true;
  job_.stop();
}

MeterView Meter::view() const {
  const std::lock_guard lock(mutex_);
  return view_;
}

void Meter::set(MeterState state, std::size_t done, std::size_t total) {
  const std::lock_guard lock(mutex_);
  view_.state = state;
  view_.done = done;
  view_.total = total;
}

// What answers, and what tells it from anything else that was measured.
Result<Meter::Work> Meter::gather(const knowledge::LibraryStatus& status) const {
  Work work;
  work.snapshot = library_.current();
  ZK_TRY(work.regression, db_.read(after(kPatience), all_questions));
  std::sort(work.regression.begin(), work.regression.end(), [](const auto& a, const auto& b) {
    return std::pair(order_of(a.text), a.id) < std::pair(order_of(b.text), b.id);
  });
  std::string questions;
  for (const auto& q : work.regression) {
    questions += q.text + '\x1e';
    for (const auto& a : q.articles) questions += a + '\x1f';
  }
  work.measured.of =
      fmt::format("{}|{}|{:x}", status.content, name_of(library_.models()), order_of(questions));
  return work;
}

Status Meter::measure(Work& work, std::uint64_t generation) {
  const auto now = clock_.now();
  const auto articles = articles_of(work.snapshot->knowledge());
  std::vector<Article> in_force;
  for (const auto& a : articles)
    if (is_live(a, now, "web")) in_force.push_back(a);
  const auto similar = held_out(in_force, options_.most_similar, 1);
  for (const auto& a : in_force) work.measured.similar += a.similar.size();
  const auto over = [&] { return stopping_ || library_.status().generation != generation; };
  auto& stored = work.regression;
  if (stored.size() > options_.most_regression) stored.resize(options_.most_regression);
  const auto total = similar.size() + stored.size();
  auto& outcomes = work.measured.outcomes;
  for (const auto& item : similar) {
    if (over()) return {};
    set(MeterState::kMeasuring, outcomes.size(), total);
    if (const auto o = see_held_out(*work.snapshot, item)) outcomes.push_back(*o);
  }
  if (!stored.empty()) {
    // A copy with a memory of its own: what customers asked is not pushed out of theirs.
    ZK_TRY(const auto copy, answering::Answerer::build(articles, library_.models(), work.snapshot.get()));
    for (const auto& q : stored) {
      if (over()) return {};
      set(MeterState::kMeasuring, outcomes.size(), total);
      ZK_TRY(outcomes.emplace_back(), see(*copy, {q.text, q.articles, q.source, false}, now));
    }
  }
  work.measured.at = now;
  return {};
}

void Meter::refresh() {
  const std::lock_guard round(round_);
  const auto status = library_.status();
  if (status.adapting) return set(MeterState::kWaiting);
  auto work = gather(status);
  if (!work) return give_up(work.error());
  const auto known = view().measured;
  if (known && known->of == work->measured.of)
    return set(known->outcomes.empty() ? MeterState::kEmpty : MeterState::kReady);
  if (failed_ == work->measured.of) return;
  const auto done = measure(*work, status.generation);
  if (!done) {
    failed_ = work->measured.of;
    return give_up(done.error());
  }
  if (stopping_ || library_.status().generation != status.generation) return;  // the next round begins anew
  keep(std::move(work->measured));
}

void Meter::give_up(const Error& error) {
  log::warn("review", "quality not measured code={} detail={}", to_string(error.code), error.detail);
  set(MeterState::kFailed);
}

void Meter::keep(Measurement measured) {
  if (!options_.file.empty()) {  // a loss of it costs one more measurement
    const auto fresh = options_.file.string() + ".new";
    std::ofstream(fresh, std::ios::binary) << to_json(measured);
    std::error_code ec;
    std::filesystem::rename(fresh, options_.file, ec);
    if (ec) log::warn("review", "quality not kept file={} reason={}", options_.file.string(), ec.message());
  }
  const std::lock_guard lock(mutex_);
  view_.state = measured.outcomes.empty() ? MeterState::kEmpty : MeterState::kReady;
  view_.measured = std::make_shared<const Measurement>(std::move(measured));
  view_.done = view_.total = 0;
}

void Meter::recall() {
  std::error_code ec;
  if (options_.file.empty() || std::filesystem::file_size(options_.file, ec) > kMostFileBytes || ec) return;
  std::ifstream in(options_.file, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  auto m = measurement_from_json(bytes.str());
  if (!m) return;
  const std::lock_guard lock(mutex_);
  view_.measured = std::make_shared<const Measurement>(*std::move(m));
}

}  // namespace zk::review
