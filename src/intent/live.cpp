#include "intent/live.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include "base/log.hpp"

namespace zk::intent {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kQuiet = std::chrono::milliseconds(500);  // edits often come in a row
constexpr int kYield = 10;                               // nice: customers' turns come first

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::kEmpty:
      return "empty";
    case State::kTraining:
      return "training";
    case State::kReady:
      return "ready";
    case State::kFailed:
      return "failed";
  }
  return "failed";
}

Result<std::unique_ptr<Live>> Live::open(storage::Db& db, const Clock& clock,
                                         const knowledge::Library& library, const flow::LiveBook& flows) {
  std::unique_ptr<Live> live(new Live(db, clock, library, flows));
  live->listening_ = db.listen([self = live.get()](std::span<const storage::Event> events) {
    for (const auto& e : events)
      if (e.kind == "intent.updated" || e.kind == "flow.published" || e.kind == "knowledge.published") {
        const std::lock_guard lock(self->mutex_);
        ++self->wanted_;
        self->wake_.notify_all();
        return;
      }
  });
  {
    std::unique_lock lock(live->mutex_);
    live->train_once(lock);
  }
  live->thread_ = std::thread([self = live.get()] {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kYield);
    self->loop();
  });
  return live;
}

Live::~Live() {
  listening_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const Recogniser> Live::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Status Live::status() const {
  const std::lock_guard lock(mutex_);
  auto out = status_;
  if (trained_ != wanted_) out.state = State::kTraining;
  return out;
}

bool Live::wait(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  const auto target = wanted_;
  return wake_.wait_until(lock, deadline, [&] { return stopping_ || trained_ >= target; });
}

Result<std::shared_ptr<const Recogniser>> Live::train() const {
  const auto deadline = after(kPatience);
  ZK_TRY(auto stored, db_.read(deadline, intents));
  std::erase_if(stored, [](const Intent& i) { return i.examples.size() < kFewestExamples; });
  if (stored.empty()) return nullptr;
  library_.wait(deadline, false);
  ZK_TRY(const auto flows, flows_.current(deadline));
  const auto answerer = library_.current();
  const auto none = none_of(*answerer, stored, *flows);
  if (stored.size() == 1 && none.empty()) return nullptr;
  return Recogniser::train(std::move(stored), none, library_.models());
}

void Live::train_once(std::unique_lock<std::mutex>& lock) {
  const auto target = wanted_;
  lock.unlock();
  const auto start = std::chrono::steady_clock::now();
  auto trained = train();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  lock.lock();
  if (trained) {
    current_ = *std::move(trained);
    status_ = {current_ ? State::kReady : State::kEmpty, took.count(), clock_.now(), {}};
  } else {
    log::error("intent", "training failed code={} detail={}", to_string(trained.error().code),
               trained.error().detail);
    status_.state = State::kFailed;
    status_.error = trained.error().message;
  }
  trained_ = target;
  wake_.notify_all();
}

void Live::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (wanted_ == trained_) {
      wake_.wait(lock, [&] { return stopping_ || wanted_ != trained_; });
      continue;
    }
    const auto seen = wanted_;
    wake_.wait_for(lock, kQuiet, [&] { return stopping_ || wanted_ != seen; });
    if (!stopping_ && wanted_ == seen) train_once(lock);
  }
}

}  // namespace zk::intent
