#include "app/metrics.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

namespace zk::app {
namespace {
template <class T>
double real(T n) {
  return static_cast<double>(n);
}
}  // namespace

void add_gateway(Exposition& out, const gateway::Stats& s) {
  static constexpr const char* kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (const auto& route : s.routes) {
    for (std::size_t i = 0; i < 5; ++i) {
      out.counter("zhike_http_requests_total", "Answers by route class and status class",
                  {{"route", route.route}, {"status", kClasses[i]}}, real(route.by_status_class[i]));
    }
  }
  for (const auto& route : s.routes) {
    out.histogram("zhike_http_request_seconds", "From the end of a request to the start of its answer",
                  {{"route", route.route}}, route.latency);
  }
  out.gauge("zhike_connections", "Open connections, WebSockets included", {}, real(s.connections));
  out.gauge("zhike_sockets", "Open WebSockets", {}, real(s.sockets));
  out.counter("zhike_connections_accepted_total", "Connections accepted", {}, real(s.accepted));
  out.counter("zhike_connections_refused_total", "Connections above the limit", {},
              real(s.refused_connections));
  out.counter("zhike_requests_rate_limited_total", "Answers 429", {}, real(s.rate_limited));
  out.counter("zhike_connections_timed_out_total", "Waits that ended without the peer", {},
              real(s.timed_out));
  out.counter("zhike_sockets_too_slow_total", "WebSockets closed with 1013", {}, real(s.slow_sockets_closed));
  out.counter("zhike_socket_frames_total", "WebSocket frames", {{"direction", "sent"}},
              real(s.socket_frames_sent));
  out.counter("zhike_socket_frames_total", "WebSocket frames", {{"direction", "received"}},
              real(s.socket_frames_received));
}

void add_pool(Exposition& out, const exec::PoolStats& s) {
  out.gauge("zhike_queue_depth", "Tasks that wait", {{"queue", s.name}}, real(s.depth));
  out.counter("zhike_queue_executed_total", "Tasks run", {{"queue", s.name}}, real(s.executed));
  out.counter("zhike_queue_rejected_total", "Tasks refused because the queue was full", {{"queue", s.name}},
              real(s.rejected));
  out.counter("zhike_queue_expired_total", "Tasks whose deadline passed while they waited",
              {{"queue", s.name}}, real(s.expired));
  out.histogram("zhike_queue_wait_seconds", "From posting to the start of a task", {{"queue", s.name}},
                s.waiting);
}

void add_storage(Exposition& out, const storage::Stats& s) {
  out.counter("zhike_storage_commits_total", "Transactions committed", {}, real(s.commits));
  out.counter("zhike_storage_writes_total", "Writes in them", {}, real(s.writes));
  out.counter("zhike_storage_reads_total", "Reads", {}, real(s.reads));
  out.counter("zhike_storage_commit_seconds_total", "Time spent in COMMIT", {}, s.commit_seconds_sum);
  out.gauge("zhike_queue_depth", "Tasks that wait", {{"queue", "storage_write"}}, real(s.queue_depth));
  out.counter("zhike_queue_rejected_total", "Tasks refused because the queue was full",
              {{"queue", "storage_write"}}, real(s.rejected));
}

void add_turns(Exposition& out, const conversation::Turns::Stats& s, const Bot::Times& times) {
  const auto outcome = [&](const char* name, std::int64_t n) {
    out.counter("zhike_turns_total", "Turns of the bot by how they ended", {{"outcome", name}}, real(n));
  };
  outcome("replied", s.done);
  outcome("silent", s.silent);
  outcome("failed", s.failed);
  outcome("refused", s.refused);
  out.gauge("zhike_turns_running", "Conversations whose turn runs", {}, real(s.running));
  out.gauge("zhike_queue_depth", "Tasks that wait", {{"queue", "turn"}}, real(s.waiting));
  out.histogram("zhike_turn_seconds", "From the start of a turn to its reply, storing not included", {},
                times.turn);
  for (std::size_t i = 0; i < times.stages.size(); ++i) {
    out.histogram("zhike_turn_stage_seconds", "Stages of a turn", {{"stage", std::string(Bot::kStages[i])}},
                  times.stages[i]);
  }
}

void add_live(Exposition& out, const conversation::Hub::Stats& s) {
  out.gauge("zhike_live_screens", "Screens that see events live", {}, real(s.screens));
  out.gauge("zhike_queue_depth", "Tasks that wait", {{"queue", "live"}}, real(s.waiting));
  out.counter("zhike_live_events_total", "Ledger events shown", {}, real(s.events));
  out.counter("zhike_live_frames_total", "Frames given to screens", {}, real(s.frames));
  out.counter("zhike_live_resumes_total", "Screens that came back, by how they went on",
              {{"outcome", "resumed"}}, real(s.resumes));
  out.counter("zhike_live_resumes_total", "Screens that came back, by how they went on",
              {{"outcome", "reset"}}, real(s.resets));
  out.counter("zhike_live_overruns_total", "Times the events were read again from the ledger", {},
              real(s.overruns));
}

void add_desk(Exposition& out, const conversation::Desk::Stats& s) {
  out.gauge("zhike_conversations_waiting", "Conversations that wait for a person", {}, real(s.waiting));
  out.counter("zhike_assignments_total", "Conversations given to agents and taken back", {{"kind", "given"}},
              real(s.given));
  out.counter("zhike_assignments_total", "Conversations given to agents and taken back",
              {{"kind", "returned"}}, real(s.returned));
}

void add_knowledge(Exposition& out, const knowledge::LibraryStatus& s) {
  out.gauge("zhike_index_articles", "Articles that answer", {}, real(s.articles));
  out.gauge("zhike_index_questions", "Their questions", {}, real(s.questions));
  out.counter("zhike_index_generation", "Swaps of the index of articles", {}, real(s.generation));
  out.gauge("zhike_index_learning", "1 while a change has not been learnt yet", {}, s.adapting ? 1 : 0);
  out.gauge("zhike_index_failed", "1 when the last rebuild failed", {}, s.error.empty() ? 0 : 1);
}

void add_archive(Exposition& out, const search::MessageArchive& archive) {
  out.gauge("zhike_message_index_messages", "Messages that are found", {}, real(archive.messages()));
  out.gauge("zhike_message_index_bytes", "Memory of their index", {}, real(archive.memory_bytes()));
  out.gauge("zhike_message_index_last_id", "The newest of them", {}, real(archive.last_id()));
}

void add_webhooks(Exposition& out, const connect::Webhooks::Stats& s) {
  out.counter("zhike_webhook_deliveries_total", "Deliveries by outcome", {{"outcome", "delivered"}},
              real(s.delivered));
  out.counter("zhike_webhook_deliveries_total", "Deliveries by outcome", {{"outcome", "failed"}},
              real(s.failed));
  out.counter("zhike_webhooks_disabled_total", "Webhooks turned off after lasting failure", {},
              real(s.disabled));
}

void add_process(Exposition& out) {
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    long total = 0, resident = 0;
    if (std::fscanf(f, "%ld %ld", &total, &resident) == 2) {
      out.gauge("process_resident_memory_bytes", "Resident memory", {},
                real(resident) * real(::sysconf(_SC_PAGESIZE)));
    }
    std::fclose(f);
  }
  std::error_code ec;
  std::size_t open = 0;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", ec);
       !ec && it != std::filesystem::directory_iterator(); it.increment(ec))
    ++open;
  out.gauge("process_open_fds", "Open descriptors", {}, real(open));
}

}  // namespace zk::app
