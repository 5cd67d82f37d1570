// Spreads the texts of concurrent callers over a fixed number of threads that run one model.
// A short request (a customer waits) goes before long ones (an import), but every fourth pick is the oldest
// long one, so neither starves. A text starts at once when a thread is free. Thread-safe.
//
// max_batch texts of similar length, of any callers, share one run. The default is 1: the int8 models in use
// derive their activation scale from the whole batch, so a text's vector would depend on its neighbours
// (cosine .987 … .997 measured), and the same question would not always get the same answer. Float models may
// be given more.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "nlu/onnx.hpp"

namespace zk::nlu {

struct RunQueueOptions {
  int workers = 0;            // threads; 0: one a core
  std::size_t max_batch = 1;  // texts a run, ≥ 1
};

class RunQueue {
 public:
  // Receives the part of the output that belongs to text `index` of its own request; called from a worker
  // thread, once a text.
  using Take = std::function<void(std::size_t index, std::span<const float> row)>;

  RunQueue(std::shared_ptr<OnnxModel> model, const RunQueueOptions& options);
  ~RunQueue();  // no caller may be inside run()

  // Returns when every text is done, or with the first error. Blocks the caller; texts are not copied.
  Status run(std::span<const Tokens> texts, const Take& take);

 private:
  struct Request;
  struct Item {
    Request* request;
    std::size_t index;
  };

  void work();
  std::vector<Item> next_batch();
  Status run_batch(const std::vector<Item>& batch) const;

  const std::shared_ptr<OnnxModel> model_;
  const std::size_t max_batch_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request*> short_, long_;
  unsigned picks_ = 0;
  bool stop_ = false;
  std::vector<std::thread> workers_;
};

}  // namespace zk::nlu
