// A PostgreSQL cluster of this process's own: made with initdb in a temporary folder, reachable over a Unix
// socket in that folder only, ended with the process whatever ends it. PostgreSQL refuses to run as root:
// then it runs as user postgres.
#pragma once

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "storage/tests/temp_dir.hpp"

namespace zk::storage {

class PostgresCluster {
 public:
  // fsync: whether a COMMIT reaches the disk; off for tests, on for benchmarks.
  explicit PostgresCluster(bool fsync) : bin_(find_bin()) {
    const passwd* user = ::geteuid() == 0 ? ::getpwnam("postgres") : nullptr;
    if (user) {
      uid_ = user->pw_uid;
      gid_ = user->pw_gid;
      if (::chown(dir_.path().c_str(), uid_, gid_) != 0) return;
    }
    if (bin_.empty() || !run({"initdb", "-D", data(), "-U", "zhike", "-A", "trust", "-E", "UTF8",
                              "--locale=C.UTF-8", "--no-sync"}))
      return;
    start(fsync);
  }
  PostgresCluster(const PostgresCluster&) = delete;
  ~PostgresCluster() {
    if (server_ <= 0) return;
    ::kill(server_, SIGQUIT);  // at once: nothing is kept
    ::waitpid(server_, nullptr, 0);
  }

  bool running() const { return server_ > 0; }
  bool create(const std::string& database) const {
    return run({"createdb", "-h", dir_.path(), "-U", "zhike", database});
  }
  bool drop(const std::string& database) const {
    return run({"dropdb", "--force", "-h", dir_.path(), "-U", "zhike", database});
  }
  bool sql(const std::string& database, const std::string& statement) const {
    return run({"psql", "-X", "-q", "-h", dir_.path(), "-U", "zhike", "-d", database, "-v", "ON_ERROR_STOP=1",
                "-c", statement});
  }
  std::string url(const std::string& database) const {
    return "postgresql://zhike@/" + database + "?host=" + dir_.path();
  }

 private:
  std::string data() const { return dir_.file("data"); }

  static std::string find_bin() {
    std::string newest;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) {
      const std::string bin = entry.path() / "bin";
      if (std::filesystem::exists(bin + "/initdb") && bin > newest) newest = bin;
    }
    return newest;
  }

  // Forks; the child becomes the program, as the cluster's user, and dies with this process.
  pid_t spawn(const std::vector<std::string>& command, int output) const {
    const std::string program = bin_ + "/" + command.front();
    std::vector<char*> argv;
    for (const std::string& a : command) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (uid_ != 0 && (::setgroups(0, nullptr) != 0 || ::setresgid(gid_, gid_, gid_) != 0 ||
                      ::setresuid(uid_, uid_, uid_) != 0))
      ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    ::dup2(output, 1);
    ::dup2(output, 2);
    if (::chdir("/") == 0) ::execv(program.c_str(), argv.data());
    ::_exit(127);
  }

  bool run(const std::vector<std::string>& command) const {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    const pid_t child = spawn(command, null);
    ::close(null);
    int status = -1;
    return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
  }

  // Ready when the server says so on its log, a pipe here. It says little after that, so the pipe never
  // fills.
  void start(bool fsync) {
    int log[2];
    if (::pipe2(log, O_CLOEXEC) != 0) return;
    server_ = spawn(
        {"postgres", "-D", data(), "-k", dir_.path(), "-c", "listen_addresses=", "-c", "shared_buffers=16MB",
         "-c", "max_connections=200", "-c", "log_checkpoints=off", "-c", "log_min_messages=log", "-c",
         "log_min_error_statement=panic", "-c", fsync ? "fsync=on" : "fsync=off"},
        log[1]);
    ::close(log[1]);
    std::string said;
    char buffer[4096];
    while (said.find("ready to accept connections") == std::string::npos) {
      const auto n = ::read(log[0], buffer, sizeof(buffer));
      if (n <= 0) {
        ::waitpid(server_, nullptr, 0);
        server_ = -1;
        break;
      }
      said.append(buffer, static_cast<std::size_t>(n));
    }
    log_ = log[0];
  }

  TempDir dir_;
  const std::string bin_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  pid_t server_ = -1;
  int log_ = -1;
};

}  // namespace zk::storage
