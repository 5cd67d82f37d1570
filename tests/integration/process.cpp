#include "tests/integration/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace zk::integration {
namespace {
using Clock = std::chrono::steady_clock;

int left_ms(Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}
}  // namespace

Process::Process(const std::vector<std::string>& arguments, const std::string& input) {
  std::vector<char*> argv{const_cast<char*>(ZK_BINARY)};
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  int in[2], out[2];
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::dup2(out[1], 2);
    ::execv(ZK_BINARY, argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  output_ = out[0];
  ended_ = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  const auto written = ::write(in[1], input.data(), input.size());  // a line; far below what a pipe holds
  ::close(in[1]);
  if (ended_ < 0 || written != static_cast<ssize_t>(input.size())) throw std::runtime_error("start");
}

Process::~Process() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(output_);
  ::close(ended_);
}

bool Process::read_more(Clock::time_point until) {
  pollfd wanted{output_, POLLIN, 0};
  if (::poll(&wanted, 1, left_ms(until)) <= 0) return false;
  char buffer[4096];
  const auto n = ::read(output_, buffer, sizeof(buffer));
  if (n > 0) said_.append(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

std::optional<std::string> Process::listening(std::chrono::milliseconds limit) {
  constexpr std::string_view kMark = "listening on ";
  const auto until = Clock::now() + limit;
  while (true) {
    const auto at = said_.find(kMark);
    const auto end = at == std::string::npos ? at : said_.find('\n', at);
    if (end != std::string::npos) return said_.substr(at + kMark.size(), end - at - kMark.size());
    if (!read_more(until)) return std::nullopt;
  }
}

void Process::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

int Process::wait(std::chrono::milliseconds limit) {
  const auto until = Clock::now() + limit;
  while (read_more(until)) continue;  // to the end, so that a full pipe holds nobody up
  pollfd ended{ended_, POLLIN, 0};
  const bool in_time = ::poll(&ended, 1, left_ms(until)) == 1;
  if (!in_time) ::kill(pid_, SIGKILL);
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  if (!in_time) return -1000;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string Process::said() {
  while (read_more(Clock::now())) continue;
  return said_;
}

int run(const std::vector<std::string>& arguments, const std::string& input, std::string* said) {
  Process process(arguments, input);
  const int code = process.wait();
  if (said != nullptr) *said = process.said();
  return code;
}

}  // namespace zk::integration
