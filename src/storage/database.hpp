// What both engines' Db have in common: the commit queue, the read pool, the listeners, the ledger.
#pragma once

#include <atomic>
#include <memory>

#include "storage/commit_queue.hpp"
#include "storage/listeners.hpp"
#include "storage/read_pool.hpp"

namespace zk::storage {

class Database : public Db {
 public:
  ~Database() override;
  Result<std::vector<Event>> events_after(std::int64_t after, int limit) override;
  Result<std::int64_t> last_seq() override;
  std::shared_ptr<void> listen(Listener listener) override;
  Stats stats() const override;
  void close() override;

 protected:
  Database(const Options& options, std::unique_ptr<Connection> writer, Connect connect_writer,
           Connect connect_reader);
  Status do_read(Deadline deadline, const std::function<void(Tx&)>& f) override;
  Status do_write(Deadline deadline, std::function<Status(Tx&)> f) override;
  void do_write_later(Deadline deadline, std::function<Status(Tx&)> f,
                      std::function<void(Status)> done) override;
  // Called on the writer thread with what a COMMIT appended.
  virtual void committed(std::span<const Event> events) { listeners_.publish(events); }

  Listeners listeners_;
  ReadPool readers_;
  std::atomic<std::int64_t> reads_{0};
  CommitQueue writes_;  // last: its thread uses the others
};

Result<std::unique_ptr<Db>> open_sqlite(const Options& options, const std::string& path);
Result<std::unique_ptr<Db>> open_postgres(const Options& options);
inline bool is_postgres(std::string_view url) {
  return url.starts_with("postgresql://") || url.starts_with("postgres://");
}

}  // namespace zk::storage
