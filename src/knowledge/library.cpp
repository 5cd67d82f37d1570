#include "knowledge/library.hpp"

#include "base/log.hpp"
#include "knowledge/releases.hpp"

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
      if (e.kind == "knowledge.published") {
        const std::lock_guard lock(self->mutex_);
        ++self->wanted_;
        self->wake_.notify_all();
        return;
      }
  });
  ZK_TRY(const auto built, library->rebuild(nullptr));
  library->swap(built);
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

void Library::offer(const std::string& content, Snapshot learnt) {
  const std::lock_guard lock(mutex_);
  keep(content, learnt);
}

void Library::keep(const std::string& content, const Snapshot& learnt) {
  std::erase_if(kept_, [&](const auto& k) { return k.first == content; });
  kept_.emplace_front(content, learnt);
  if (kept_.size() > kKept + 1) kept_.pop_back();
}

Library::Snapshot Library::kept(const std::string& content) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, snapshot] : kept_)
    if (key == content) return snapshot;
  return nullptr;
}

Result<Library::Built> Library::rebuild(const Snapshot& previous) const {
  ZK_TRY(const auto now, db_.read(after(kReadTime), live_content));
  if (auto known = kept(now.content)) return Built{now.release, now.content, std::move(known), true};
  ZK_TRY(const auto articles, db_.read(after(kReadTime), live));
  ZK_TRY(auto snapshot, answering::Answerer::build(articles.articles, models_, previous.get()));
  return Built{articles.release, articles.content, std::move(snapshot), false};
}

void Library::swap(const Built& next) {
  std::function<void(const Snapshot&)> changed;
  {
    const std::lock_guard lock(mutex_);
    current_ = next.snapshot;
    content_ = next.content;
    if (next.learnt) keep(next.content, next.snapshot);
    ++status_.generation;
    status_.release = next.release;
    status_.content = next.content;
    status_.articles = current_->knowledge().size();
    status_.questions = current_->knowledge().questions();
    status_.error.clear();
    changed = changed_;
  }
  wake_.notify_all();
  if (changed) changed(next.snapshot);
}

void Library::pause_after(const Error& error, std::unique_lock<std::mutex>& lock) {
  status_.error = error.message;
  log::error("knowledge", "snapshot failed code={} detail={}", to_string(error.code), error.detail);
  wake_.wait_for(lock, std::chrono::seconds(1), [&] { return stopping_; });
}

void Library::rebuild_once(std::unique_lock<std::mutex>& lock) {
  const auto target = wanted_;
  const auto previous = current_;
  lock.unlock();
  const auto next = rebuild(previous);
  if (next) swap(*next);
  lock.lock();
  if (!next) return pause_after(next.error(), lock);
  built_ = target;
  if (next->learnt) learnt_ = target;
  wake_.notify_all();
}

void Library::learn_once(std::unique_lock<std::mutex>& lock) {
  if (wake_.wait_for(lock, learnt_ == 0 ? std::chrono::milliseconds(0) : kQuiet,
                     [&] { return stopping_ || built_ != wanted_; }))
    return;
  const auto target = built_;
  Built next{status_.release, content_, current_, true};
  lock.unlock();
  auto learnt = next.snapshot->learn();
  lock.lock();
  if (!learnt) return pause_after(learnt.error(), lock);
  if (built_ != target || wanted_ != target) return;  // published meanwhile: the next round learns it
  next.snapshot = *std::move(learnt);
  lock.unlock();
  swap(next);
  lock.lock();
  learnt_ = target;
  wake_.notify_all();
}

void Library::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (built_ != wanted_)
      rebuild_once(lock);
    else if (learnt_ != built_ || !current_->learnt())
      learn_once(lock);
    else
      wake_.wait(lock, [&] { return stopping_ || built_ != wanted_; });
  }
}

}  // namespace zk::knowledge
