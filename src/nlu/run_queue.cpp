#include "nlu/run_queue.hpp"

#include <algorithm>
#include <numeric>

#include "base/check.hpp"

namespace zk::nlu {
namespace {
constexpr std::size_t kShortRequest = 8;  // texts; a turn asks for one or a few
constexpr double kMostPadding = 1.25;     // padded tokens of a batch over real ones
}  // namespace

struct RunQueue::Request {
  std::span<const Tokens> texts;
  const Take& take;
  std::vector<std::uint32_t> order;  // by length, longest first: neighbours share a run with little padding
  std::size_t next = 0, running = 0;
  std::condition_variable done;
  Status status;

  bool exhausted() const { return next == order.size(); }
};

RunQueue::RunQueue(std::shared_ptr<OnnxModel> model, const RunQueueOptions& options)
    : model_(std::move(model)), max_batch_(std::max<std::size_t>(1, options.max_batch)) {
  const int wanted =
      options.workers > 0 ? options.workers : static_cast<int>(std::thread::hardware_concurrency());
  for (int i = 0; i < std::clamp(wanted, 1, 256); ++i) workers_.emplace_back([this] { work(); });
}

RunQueue::~RunQueue() {
  {
    const std::lock_guard lock(mutex_);
    ZK_CHECK(short_.empty() && long_.empty());
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& w : workers_) w.join();
}

Status RunQueue::run(std::span<const Tokens> texts, const Take& take) {
  if (texts.empty()) return {};
  Request r{.texts = texts,
            .take = take,
            .order = std::vector<std::uint32_t>(texts.size()),
            .done = {},
            .status = {}};
  std::iota(r.order.begin(), r.order.end(), 0u);
  std::stable_sort(r.order.begin(), r.order.end(),
                   [&](auto a, auto b) { return texts[a].ids.size() > texts[b].ids.size(); });
  std::unique_lock lock(mutex_);
  (texts.size() <= kShortRequest ? short_ : long_).push_back(&r);
  if (texts.size() == 1) {
    wake_.notify_one();
  } else {
    wake_.notify_all();
  }
  r.done.wait(lock, [&] { return r.exhausted() && r.running == 0; });
  return r.status;
}

std::vector<RunQueue::Item> RunQueue::next_batch() {
  std::vector<Item> batch;
  std::size_t longest = 0, real = 0;
  const bool long_first = !long_.empty() && (short_.empty() || ++picks_ % 4 == 0);
  for (auto* queue : {long_first ? &long_ : &short_, long_first ? &short_ : &long_}) {
    while (!queue->empty() && batch.size() < max_batch_) {
      Request* r = queue->front();
      const std::size_t index = r->order[r->next];
      const std::size_t length = r->texts[index].ids.size();
      const std::size_t widest = std::max(longest, length);
      if (static_cast<double>(widest * (batch.size() + 1)) >
          kMostPadding * static_cast<double>(real + length))
        return batch;
      longest = widest;
      real += length;
      batch.push_back({r, index});
      ++r->next;
      ++r->running;
      if (r->exhausted()) queue->pop_front();
    }
  }
  return batch;
}

Status RunQueue::run_batch(const std::vector<Item>& batch) const {
  std::vector<const Tokens*> tokens;
  for (const auto& item : batch) tokens.push_back(&item.request->texts[item.index]);
  ZK_TRY(const auto out, model_->run(TokenBatch::pad(tokens)));
  if (out.shape.empty() || out.shape[0] != static_cast<std::int64_t>(batch.size()))
    return fail(ErrorCode::kInternal, "the model's output does not have one row a text");
  const std::size_t row = out.values.size() / batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].request->take(batch[i].index, std::span(out.values).subspan(i * row, row));
  return {};
}

void RunQueue::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stop_ || !short_.empty() || !long_.empty(); });
    if (stop_) return;
    const auto batch = next_batch();
    lock.unlock();
    const auto status = run_batch(batch);
    lock.lock();
    for (const auto& item : batch) {
      Request& r = *item.request;
      --r.running;
      if (!status) {
        r.status = status;
        if (!r.exhausted()) {  // nothing more of a failed request is run
          r.next = r.order.size();
          std::erase(short_, &r);
          std::erase(long_, &r);
        }
      }
      if (r.exhausted() && r.running == 0) r.done.notify_one();
    }
  }
}

}  // namespace zk::nlu
