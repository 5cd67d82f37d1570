// The real program as a child process, which dies with the test. Made and used on one thread.
//
//   Process server({"serve", "--data", dir, "--listen", "127.0.0.1:0"});
//   const auto url = server.listening();   // "http://127.0.0.1:41234", once it is ready
//   server.signal(SIGTERM);
//   EXPECT_EQ(server.wait(), 0);
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace zk::integration {

class Process {
 public:
  // `arguments` follow the program's name; `input` is its standard input.
  explicit Process(const std::vector<std::string>& arguments, const std::string& input = {});
  ~Process();  // SIGKILL when it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The address it prints once it is ready; nothing when it ends or `limit` passes before.
  std::optional<std::string> listening(std::chrono::milliseconds limit = std::chrono::seconds(60));
  void signal(int number) const;
  pid_t pid() const { return pid_; }  // -1 once wait() has returned
  // Its exit code, or -SIGNAL; -1000 when it did not end in time and was killed.
  int wait(std::chrono::milliseconds limit = std::chrono::seconds(60));
  // Everything it has written so far, standard error included.
  std::string said();

 private:
  // Reads what is there, waiting for it until then; false at the end of the output or when time is up.
  bool read_more(std::chrono::steady_clock::time_point until);

  pid_t pid_ = -1;
  int output_ = -1;
  int ended_ = -1;  // pidfd
  std::string said_;
};

// Runs it to its end; what it said is in `said`.
int run(const std::vector<std::string>& arguments, const std::string& input, std::string* said = nullptr);

}  // namespace zk::integration
