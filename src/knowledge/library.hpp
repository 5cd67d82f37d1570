// The knowledge base that answers, kept in step with the newest release: an immutable answering::Answerer
// swapped atomically. A release answers in well under a second; what takes longer (the classifier, impostor
// statistics) is learnt again in the background and swapped in when ready, answering meanwhile. The last few
// snapshots are kept, so that rolling back, or publishing what a check has built, learns nothing again.
//
//   ZK_TRY(auto library, Library::open(db, clock, models));
//   auto answerer = library->current();      // never null; hold it for the length of one turn
//
// Thread-safe. One background thread of its own; destruction stops it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "answering/answerer.hpp"
#include "storage/storage.hpp"

namespace zk::knowledge {

struct LibraryStatus {
  std::uint64_t generation = 0;  // rises with every swap
  std::int64_t release = 0;      // that answers
  std::string content;           // fingerprint of its articles (knowledge::Articles)
  std::size_t articles = 0, questions = 0;
  bool adapting = false;  // a change has not been learnt yet
  std::string error;      // why the last rebuild failed; the snapshot before it goes on answering
};

class Library {
 public:
  using Snapshot = std::shared_ptr<const answering::Answerer>;
  static constexpr std::size_t kKept = 3;  // snapshots beside the current one; they share unchanged articles

  // Loads the newest release and prepares it (vectors come from the cache on disk where they are there).
  static Result<std::unique_ptr<Library>> open(storage::Db& db, const answering::Models& models);
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  Snapshot current() const;
  LibraryStatus status() const;
  // A learnt snapshot of articles with that fingerprint (knowledge::Articles::content), for when they are
  // published.
  void offer(const std::string& content, Snapshot learnt);
  const answering::Models& models() const { return models_; }
  // Called on the background thread after each swap; before open() returns control to anybody else it is not
  // called.
  void on_change(std::function<void(const Snapshot&)> f);
  // Blocks until everything committed before the call is searchable, and learnt too when asked (tests, shell
  // commands).
  bool wait(Deadline deadline, bool learnt) const;

 private:
  Library(storage::Db& db, const answering::Models& models) : db_(db), models_(models) {}
  struct Built {
    std::int64_t release = 0;
    std::string content;
    Snapshot snapshot;
    bool learnt = false;  // from these very articles
  };
  Result<Built> rebuild(const Snapshot& previous) const;
  void loop();
  void rebuild_once(std::unique_lock<std::mutex>& lock);
  void learn_once(std::unique_lock<std::mutex>& lock);
  void pause_after(const Error& error, std::unique_lock<std::mutex>& lock);
  void swap(const Built& next);
  void keep(const std::string& content, const Snapshot& learnt);  // under mutex_
  Snapshot kept(const std::string& content) const;                // null when it is not

  storage::Db& db_;
  const answering::Models models_;
  mutable std::mutex mutex_;
  mutable std::condition_variable wake_;
  Snapshot current_;
  std::string content_;                                 // of current_
  std::list<std::pair<std::string, Snapshot>> kept_{};  // learnt ones by content, newest first
  std::function<void(const Snapshot&)> changed_;
  LibraryStatus status_;
  std::uint64_t wanted_ = 0, built_ = 0, learnt_ = 0;  // change counters: wanted ≥ built ≥ learnt
  bool stopping_ = false;
  std::shared_ptr<void> listening_;
  std::thread thread_;
};

}  // namespace zk::knowledge
