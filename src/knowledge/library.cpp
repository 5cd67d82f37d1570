#include "knowledge/library.hpp"

#include "base/log.hpp"
#include "knowledge/articles.hpp"

namespace zk::knowledge {
namespace {
constexpr auto kReadTime = std::chrono::seconds(60);
// Edits often come in a row: learning waits until none came for this long.
constexpr auto kQuiet = std::chrono::milliseconds(1500);
}  // namespace

Result<std::unique_ptr<Library>> Library::open(storage::Db& db, const answering::Models& models) {
  std::unique_ptr<Library> library(new Library(db, models));
  library->listening_ = db.listen([self = library.get()](std::span<const storage::Event> events) {
    for (const auto& e : events)
      if (e.kind.starts_with("article.") || e.kind.starts_with("knowledge.")) {
        const std::lock_guard lock(self->mutex_);
        ++self->wanted_;
        self->wake_.notify_all();
        return;
      }
  });
  ZK_TRY(library->current_, library->rebuild(nullptr));
  library->status_ = {
      1, library->current_->knowledge().size(), library->current_->knowledge().questions(), true, {}};
  library->thread_ = std::thread([self = library.get()] { self->loop(); });
  return library;
}

Library::~Library() {
  listening_.reset();
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Library::Snapshot Library::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

LibraryStatus Library::status() const {
  const std::lock_guard lock(mutex_);
  auto out = status_;
  out.adapting = learnt_ != wanted_ || !current_->learnt();
  return out;
}

void Library::on_change(std::function<void(const Snapshot&)> f) {
  const std::lock_guard lock(mutex_);
  changed_ = std::move(f);
}

bool Library::wait(Deadline deadline, bool learnt) const {
  std::unique_lock lock(mutex_);
  const auto target = wanted_;
  return wake_.wait_until(lock, deadline, [&] {
    return stopping_ || (built_ >= target && (!learnt || (learnt_ >= target && current_->learnt())));
  });
}

Result<Library::Snapshot> Library::rebuild(const Snapshot& previous) const {
  std::vector<Article> articles;
  ZK_TRY_STATUS(db_.read(after(kReadTime), [&](storage::Tx& tx) -> Status {
    articles.clear();
    return each(tx, [&](Article a) {
      if (a.status == ArticleStatus::kPublished) articles.push_back(std::move(a));
      return true;
    });
  }));
  return answering::Answerer::build(articles, models_, previous.get());
}

void Library::swap(Snapshot next) {
  std::function<void(const Snapshot&)> changed;
  {
    const std::lock_guard lock(mutex_);
    current_ = next;
    ++status_.generation;
    status_.articles = next->knowledge().size();
    status_.questions = next->knowledge().questions();
    status_.error.clear();
    changed = changed_;
  }
  wake_.notify_all();
  if (changed) changed(next);
}

void Library::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (built_ != wanted_) {
      const auto target = wanted_;
      const auto previous = current_;
      lock.unlock();
      auto next = rebuild(previous);
      if (next) swap(*std::move(next));
      lock.lock();
      if (!next) {
        status_.error = next.error().message;
        log::error("knowledge", "rebuild failed code={} detail={}", to_string(next.error().code),
                   next.error().detail);
        wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });
        continue;
      }
      built_ = target;
      wake_.notify_all();
    } else if (learnt_ != built_ || !current_->learnt()) {
      if (wake_.wait_for(lock, learnt_ == 0 ? std::chrono::milliseconds(0) : kQuiet,
                         [&] { return stopping_ || built_ != wanted_; }))
        continue;
      const auto target = built_;
      const auto base = current_;
      lock.unlock();
      auto next = base->learn();
      lock.lock();
      if (!next) {
        status_.error = next.error().message;
        log::error("knowledge", "learning failed code={} detail={}", to_string(next.error().code),
                   next.error().detail);
        wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });
        continue;
      }
      if (built_ != target || wanted_ != target) continue;  // edited meanwhile: the next round learns it
      lock.unlock();
      swap(*std::move(next));
      lock.lock();
      learnt_ = target;
      wake_.notify_all();
    } else {
      wake_.wait(lock, [&] { return stopping_ || built_ != wanted_; });
    }
  }
}

}  // namespace zk::knowledge
