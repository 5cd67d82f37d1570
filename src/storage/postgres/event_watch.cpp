#include "storage/postgres/event_watch.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.hpp"
#include "base/log.hpp"
#include "storage/postgres/postgres_connection.hpp"

namespace zk::storage {
namespace {
constexpr int kRetryMilliseconds = 1000;

void wake(int fd) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written =
      ::write(fd, &one, sizeof(one));  // fails only when it is awake already
}
}  // namespace

EventWatch::EventWatch(std::string url, std::string node, std::function<void()> news)
    : url_(std::move(url)),
      node_(std::move(node)),
      news_(std::move(news)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ZK_CHECK(wake_ >= 0);
  thread_ = std::thread([this] { loop(); });
}

void EventWatch::try_later() {
  again_ = true;
  wake(wake_);
}

void EventWatch::close() {
  closing_ = true;
  std::call_once(joined_, [this] {
    wake(wake_);
    thread_.join();
    ::close(wake_);
  });
}

Result<std::unique_ptr<PostgresConnection>> EventWatch::connect() {
  ZK_TRY(auto connection, PostgresConnection::open(url_, node_));
  ZK_TRY_STATUS(connection->execute(fmt::format("LISTEN {}", kEventChannel).c_str()));
  return connection;
}

bool EventWatch::take_notices(PostgresConnection& connection) {
  PQconsumeInput(connection.handle());
  bool others = false;
  while (PGnotify* notice = PQnotifies(connection.handle())) {
    others = others || notice->extra != node_;
    PQfreemem(notice);
  }
  return others;
}

void EventWatch::wait(int socket, bool retry) {
  std::uint64_t count = 0;
  if (retry) {  // a wake-up by try_later is answered by this very wait
    [[maybe_unused]] const auto drained = ::read(wake_, &count, sizeof(count));
    if (closing_) return;
  }
  pollfd fds[] = {{wake_, POLLIN, 0}, {socket, POLLIN, 0}};
  ::poll(fds, socket < 0 ? 1 : 2, retry ? kRetryMilliseconds : -1);
  [[maybe_unused]] const auto got = ::read(wake_, &count, sizeof(count));
}

void EventWatch::loop() {
  std::unique_ptr<PostgresConnection> connection;
  while (!closing_) {
    if (!connection || !connection->alive()) {
      auto opened = connect();
      if (!opened) {
        connection.reset();
        wait(-1, true);
        continue;
      }
      connection = *std::move(opened);
      news_();  // what was missed meanwhile
    }
    const bool retry = again_.exchange(false);
    wait(PQsocket(connection->handle()), retry);
    if (!closing_ && (take_notices(*connection) || retry)) news_();
  }
}

}  // namespace zk::storage
