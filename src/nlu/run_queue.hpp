// Spreads the inputs of concurrent callers over a fixed number of threads that run one model.
// A short request (a customer waits) goes before long ones (an import), but every fourth pick is the oldest
// long one, so neither starves. An input starts at once when a thread is free. Thread-safe.
//
// max_batch inputs of similar length, of any callers, share one run. For the int8 ONNX models it is 1: they
// derive their activation scale from the whole batch, so a text's vector would depend on its neighbours
// (cosine .987 … .997 measured), and the same question would not always get the same answer. Models without
// that defect may be given more.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <numeric>
#include <span>
#include <thread>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"

namespace zk::nlu {

struct RunQueueOptions {
  int workers = 0;            // threads; 0: one a core
  std::size_t max_batch = 1;  // inputs a run, ≥ 1
};

template <class Input>
class RunQueue {
 public:
  // Runs the model; the values of the first input come first, each input has the same number of them.
  using Run = std::function<Result<std::vector<float>>(const std::vector<const Input*>&)>;
  using Length = std::size_t (*)(const Input&);  // in any unit in which cost grows
  // Receives the values of input `index` of its own request; called from a worker thread, once an input.
  using Take = std::function<void(std::size_t index, std::span<const float> values)>;

  RunQueue(const RunQueueOptions& options, Length length, Run run);
  ~RunQueue();  // no caller may be inside run()

  // Returns when every input is done, or with the first error. Blocks the caller; inputs are not copied.
  Status run(std::span<const Input> inputs, const Take& take);

 private:
  static constexpr std::size_t kShortRequest = 8;  // inputs; a turn asks for one or a few
  static constexpr double kMostPadding = 1.25;     // padded length of a batch over its real length

  struct Request {
    std::span<const Input> inputs;
    const Take& take;
    std::vector<std::uint32_t> order;  // longest first: neighbours share a run with little padding
    std::condition_variable done{};
    Status status{};
    std::size_t next = 0, running = 0;

    bool exhausted() const { return next == order.size(); }
  };
  struct Item {
    Request* request;
    std::size_t index;
  };

  void work();
  std::vector<Item> next_batch();
  Status run_batch(const std::vector<Item>& batch) const;
  void finish(const std::vector<Item>& batch, const Status& status);

  const Length length_;
  const Run run_;
  const std::size_t max_batch_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request*> short_, long_;
  unsigned picks_ = 0;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

template <class Input>
RunQueue<Input>::RunQueue(const RunQueueOptions& options, Length length, Run run)
    : length_(length), run_(std::move(run)), max_batch_(std::max<std::size_t>(1, options.max_batch)) {
  const int wanted =
      options.workers > 0 ? options.workers : static_cast<int>(std::thread::hardware_concurrency());
  for (int i = 0; i < std::clamp(wanted, 1, 256); ++i) workers_.emplace_back([this] { work(); });
}

template <class Input>
RunQueue<Input>::~RunQueue() {
  {
    const std::lock_guard lock(mutex_);
    ZK_CHECK(short_.empty() && long_.empty());
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& w : workers_) w.join();
}

template <class Input>
Status RunQueue<Input>::run(std::span<const Input> inputs, const Take& take) {
  if (inputs.empty()) return {};
  Request r{.inputs = inputs, .take = take, .order = std::vector<std::uint32_t>(inputs.size())};
  std::iota(r.order.begin(), r.order.end(), 0u);
  std::stable_sort(r.order.begin(), r.order.end(),
                   [&](auto a, auto b) { return length_(inputs[a]) > length_(inputs[b]); });
  std::unique_lock lock(mutex_);
  (inputs.size() <= kShortRequest ? short_ : long_).push_back(&r);
  if (inputs.size() == 1) {
    wake_.notify_one();
  } else {
    wake_.notify_all();
  }
  r.done.wait(lock, [&] { return r.exhausted() && r.running == 0; });
  return r.status;
}

template <class Input>
auto RunQueue<Input>::next_batch() -> std::vector<Item> {
  std::vector<Item> batch;
  std::size_t longest = 0, real = 0;
  const bool long_first = !long_.empty() && (short_.empty() || ++picks_ % 4 == 0);
  for (auto* queue : {long_first ? &long_ : &short_, long_first ? &short_ : &long_}) {
    while (!queue->empty() && batch.size() < max_batch_) {
      Request* r = queue->front();
      const std::size_t index = r->order[r->next];
      const std::size_t length = length_(r->inputs[index]);
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

template <class Input>
Status RunQueue<Input>::run_batch(const std::vector<Item>& batch) const {
  std::vector<const Input*> inputs;
  for (const auto& item : batch) inputs.push_back(&item.request->inputs[item.index]);
  ZK_TRY(const auto values, run_(inputs));
  const std::size_t each = values.size() / batch.size();
  for (std::size_t i = 0; i < batch.size(); ++i)
    batch[i].request->take(batch[i].index, std::span(values).subspan(i * each, each));
  return {};
}

template <class Input>
void RunQueue<Input>::finish(const std::vector<Item>& batch, const Status& status) {
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

template <class Input>
void RunQueue<Input>::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [&] { return stop_ || !short_.empty() || !long_.empty(); });
    if (stop_) return;
    const auto batch = next_batch();
    lock.unlock();
    const auto status = run_batch(batch);
    lock.lock();
    finish(batch, status);
  }
}

}  // namespace zk::nlu
