#include "config/property.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace zk::config {
namespace {

tl::unexpected<Error> bad(const std::string& what) { return fail(ErrorCode::kInvalidArgument, what); }

template <class Section, class T>
struct Field {
  Section Config::*section;
  T Section::*member;
  T& of(Config& c) const { return c.*section.*member; }
  const T& of(const Config& c) const { return c.*section.*member; }
};

template <class S>
Property text(const char* name, S Config::*section, std::string S::*member, const char* doc,
              bool secret = false) {
  const Field<S, std::string> f{section, member};
  return {name,
          "text",
          "",
          doc,
          secret,
          [f](Config& c, const std::string& v) {
            f.of(c) = v;
            return Status{};
          },
          [f](const Config& c) { return f.of(c); },
          true};
}

template <class S>
Property choice(const char* name, S Config::*section, std::string S::*member, std::vector<std::string> any_of,
                const char* doc) {
  const Field<S, std::string> f{section, member};
  const std::string range = fmt::format("{}", fmt::join(any_of, ", "));
  return {name,
          "text",
          range,
          doc,
          false,
          [f, any_of, range](Config& c, const std::string& v) -> Status {
            if (std::find(any_of.begin(), any_of.end(), v) == any_of.end())
              return bad("must be one of " + range);
            f.of(c) = v;
            return {};
          },
          [f](const Config& c) { return f.of(c); },
          true};
}

template <class S>
Property list(const char* name, S Config::*section, std::vector<std::string> S::*member, const char* doc) {
  const Field<S, std::vector<std::string>> f{section, member};
  return {name,
          "list of text",
          "",
          doc,
          false,
          [f](Config& c, const std::string& v) {
            auto& out = f.of(c);
            out.clear();
            for (std::size_t from = 0; from < v.size();) {
              const std::size_t to = std::min(v.find(',', from), v.size());
              if (to > from) out.push_back(v.substr(from, to - from));
              from = to + 1;
            }
            return Status{};
          },
          [f](const Config& c) {
            std::vector<std::string> quoted;
            for (const auto& item : f.of(c)) quoted.push_back('"' + item + '"');
            return fmt::format("[{}]", fmt::join(quoted, ", "));
          }};
}

template <class S>
Property flag(const char* name, S Config::*section, bool S::*member, const char* doc) {
  const Field<S, bool> f{section, member};
  return {name,
          "boolean",
          "true, false",
          doc,
          false,
          [f](Config& c, const std::string& v) -> Status {
            if (v != "true" && v != "false") return bad("must be true or false");
            f.of(c) = v == "true";
            return {};
          },
          [f](const Config& c) { return std::string(f.of(c) ? "true" : "false"); }};
}

template <class S, class T>
Property number(const char* name, S Config::*section, T S::*member, T low, T high, const char* doc) {
  const Field<S, T> f{section, member};
  const std::string range = fmt::format("{} … {}", low, high);
  return {name,
          std::is_integral_v<T> ? "integer" : "number",
          range,
          doc,
          false,
          [f, low, high, range](Config& c, const std::string& v) -> Status {
            T parsed{};
            const auto [end, ec] = std::from_chars(v.data(), v.data() + v.size(), parsed);
            if (ec != std::errc{} || end != v.data() + v.size() || !(parsed >= low && parsed <= high)) {
              return bad("must be a number in " + range);
            }
            f.of(c) = parsed;
            return {};
          },
          [f](const Config& c) { return fmt::format("{}", f.of(c)); }};
}

struct Unit {
  std::string_view suffix;
  std::int64_t factor;
};
// Longest suffixes first where one ends another.
constexpr std::array<Unit, 5> kTimes{
    {{"ms", 1}, {"min", 60'000}, {"s", 1000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kSizes{{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}}};

template <class Units>
Result<std::int64_t> with_unit(const std::string& v, const Units& units) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(v.data(), v.data() + v.size(), n);
  std::string_view rest(end, static_cast<std::size_t>(v.data() + v.size() - end));
  if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  for (const Unit& u : units) {
    if (ec == std::errc{} && rest == u.suffix && n >= 0 &&
        n <= std::numeric_limits<std::int64_t>::max() / u.factor) {
      return n * u.factor;
    }
  }
  return bad("must be a whole number with a unit");
}

template <class Units>
std::string write_unit(std::int64_t n, const Units& units) {
  const Unit* best = nullptr;
  for (const Unit& u : units) {
    if (n % u.factor == 0 && (best == nullptr || u.factor > best->factor) &&
        (n != 0 || u.factor == units[0].factor))
      best = &u;
  }
  return fmt::format("{}{}", n / best->factor, best->suffix);
}

template <class S>
Property duration(const char* name, S Config::*section, milliseconds S::*member, milliseconds low,
                  milliseconds high, const char* doc) {
  const Field<S, milliseconds> f{section, member};
  const std::string range = write_unit(low.count(), kTimes) + " … " + write_unit(high.count(), kTimes);
  return {name,
          "duration (ms, s, min, h, d)",
          range,
          doc,
          false,
          [f, low, high, range](Config& c, const std::string& v) -> Status {
            const auto n = with_unit(v, kTimes);
            if (!n || milliseconds(*n) < low || milliseconds(*n) > high)
              return bad("must be a duration like \"30s\" in " + range);
            f.of(c) = milliseconds(*n);
            return {};
          },
          [f](const Config& c) { return write_unit(f.of(c).count(), kTimes); },
          true};
}

template <class S>
Property bytes(const char* name, S Config::*section, std::int64_t S::*member, std::int64_t low,
               std::int64_t high, const char* doc) {
  const Field<S, std::int64_t> f{section, member};
  const std::string range = write_unit(low, kSizes) + " … " + write_unit(high, kSizes);
  return {name,
          "size (B, KiB, MiB, GiB)",
          range,
          doc,
          false,
          [f, low, high, range](Config& c, const std::string& v) -> Status {
            const auto n = with_unit(v, kSizes);
            if (!n || *n < low || *n > high) return bad("must be a size like \"64MiB\" in " + range);
            f.of(c) = *n;
            return {};
          },
          [f](const Config& c) { return write_unit(f.of(c), kSizes); },
          true};
}

void add_server(std::vector<Property>& out) {
  using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;
  constexpr auto s = &Config::server;
  const milliseconds low(100);
  out.push_back(text("server.listen", s, &Server::listen,
                     "Address and port to serve on; port 0 takes a free one. [::1]:8080 for IPv6."));
  out.push_back(number<Server, std::int64_t>("server.io_threads", s, &Server::io_threads, 1, 64,
                                             "Threads that read and write connections."));
  out.push_back(number<Server, std::int64_t>("server.worker_threads", s, &Server::worker_threads, 1, 256,
                                             "Threads that run requests which read."));
  out.push_back(
      number<Server, std::int64_t>("server.writer_threads", s, &Server::writer_threads, 1, 256,
                                   "Threads that run requests which change something. They wait for the "
                                   "disk; as many changes go to it together."));
  out.push_back(
      number<Server, std::int64_t>("server.worker_queue", s, &Server::worker_queue, 1, 100'000,
                                   "Requests that may wait for a thread of either kind; above it 503."));
  out.push_back(text("server.tls_certificate", s, &Server::tls_certificate,
                     "PEM file with the certificate chain; with server.tls_key it turns TLS on."));
  out.push_back(text("server.tls_key", s, &Server::tls_key,
                     "PEM file with the private key; must not be readable by everybody."));
  out.push_back(
      list("server.trusted_proxies", s, &Server::trusted_proxies,
           "Addresses of reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."));
  out.push_back(number<Server, std::int64_t>("server.max_connections", s, &Server::max_connections, 1,
                                             1'000'000,
                                             "Connections at once, WebSockets included; above it 503."));
  out.push_back(bytes("server.max_upload_memory", s, &Server::max_upload_memory, 1 << 20,
                      std::int64_t{64} << 30,
                      "Memory that request bodies above 64 KiB may take together; above it 503."));
  out.push_back(number<Server, double>("server.rate_per_second", s, &Server::rate_per_second, 0, 1e6,
                                       "Requests a second of one client address (IPv6: one /64), above it "
                                       "429; 0 turns the limit off. Loopback is never limited."));
  out.push_back(number<Server, double>("server.rate_burst", s, &Server::rate_burst, 1, 1e6,
                                       "Requests of one client address that may come at once."));
  out.push_back(duration("server.header_timeout", s, &Server::header_timeout, low, minutes(10),
                         "From the first byte of a request to the end of its headers."));
  out.push_back(duration("server.body_timeout", s, &Server::body_timeout, low, hours(1),
                         "To the end of the body, plus a second for each 64 KiB announced."));
  out.push_back(duration("server.idle_timeout", s, &Server::idle_timeout, seconds(1), hours(1),
                         "A connection without requests is closed; a WebSocket is pinged at half of it."));
  out.push_back(duration("server.handler_timeout", s, &Server::handler_timeout, low, minutes(10),
                         "A request not answered by then gets 504."));
  out.push_back(duration("server.drain_timeout", s, &Server::drain_timeout, milliseconds(0), minutes(10),
                         "How long a stop waits for requests in flight."));
  out.push_back(choice("server.metrics_from", s, &Server::metrics_from, {"loopback", "anywhere"},
                       "Who may read /metrics."));
}

void add_widget(std::vector<Property>& out) {
  constexpr auto w = &Config::widget;
  out.push_back(number<Widget, double>("widget.messages_per_second", w, &Widget::messages_per_second, 0, 1e6,
                                       "Messages a second of one visitor, above it 429; 0 turns the limit off."));
  out.push_back(number<Widget, double>("widget.messages_burst", w, &Widget::messages_burst, 1, 1e6,
                                       "Messages of one visitor that may come at once."));
  out.push_back(number<Widget, double>("widget.sessions_per_second", w, &Widget::sessions_per_second, 0, 1e6,
                                       "New visitors a second of one address, above it 429; 0 turns the limit off. "
                                       "Raise it when all visitors come through one address."));
  out.push_back(number<Widget, double>("widget.sessions_burst", w, &Widget::sessions_burst, 1, 1e6,
                                       "New visitors of one address that may come at once."));
}

std::vector<Property> make() {
  using std::chrono::minutes, std::chrono::seconds;
  std::vector<Property> out;
  add_server(out);
  constexpr auto st = &Config::storage;
  out.push_back(
      text("storage.data", st, &Storage::data,
           "Folder of everything Zhike keeps: keys, the database when it is SQLite, the vector cache."));
  out.push_back(text(
      "storage.database", st, &Storage::database,
      "postgresql://… to keep the data in PostgreSQL; empty: SQLite in the data folder. May hold a password.",
      true));
  out.push_back(number<Storage, std::int64_t>("storage.readers", st, &Storage::readers, 1, 64,
                                              "Connections that read the database at once."));
  out.push_back(number<Storage, std::int64_t>("storage.write_queue", st, &Storage::write_queue, 1, 1'000'000,
                                              "Writes that may wait; above it 503."));
  out.push_back(
      text("models.dir", &Config::models, &Models::dir,
           "Folder of the model files; empty: models beside the program or in the current folder."));
  out.push_back(choice("models.profile", &Config::models, &Models::profile, {"fast", "best"},
                       "fast: the Chinese encoder alone; best: the multilingual one too, for questions in other "
                       "languages (slower to learn, 100 MB more)."));
  out.push_back(flag("models.lexical_only", &Config::models, &Models::lexical_only,
                     "Start without the models, by words alone: less memory, weaker answers."));
  constexpr auto d = &Config::dialogue;
  out.push_back(number<Dialogue, std::int64_t>("dialogue.workers", d, &Dialogue::workers, 1, 64,
                                               "Bot turns that run at once."));
  out.push_back(number<Dialogue, std::int64_t>(
      "dialogue.backlog", d, &Dialogue::backlog, 1, 1'000'000,
      "Conversations that may wait for a turn; above it a person is brought in."));
  out.push_back(duration("dialogue.turn_timeout", d, &Dialogue::turn_timeout, milliseconds(100), minutes(5),
                         "Time of one turn; after it a person is brought in."));
  out.push_back(text("dialogue.actions", d, &Dialogue::actions,
                     "File (YAML) that says what the call steps of flows reach; may hold secrets: mode 0600."));
  add_widget(out);
  constexpr auto w = &Config::webhooks;
  out.push_back(flag("webhooks.allow_internal", w, &Webhooks::allow_internal,
                     "Let webhooks call loopback, private and link-local addresses."));
  out.push_back(duration("webhooks.timeout", w, &Webhooks::timeout, milliseconds(100), minutes(2),
                         "Time of one delivery."));
  out.push_back(number<Webhooks, std::int64_t>("webhooks.disable_after_days", w,
                                               &Webhooks::disable_after_days, 1, 365,
                                               "A webhook that has failed for so long is turned off."));
  constexpr auto m = &Config::model;
  out.push_back(text("model.url", m, &Model::url,
                     "Address of a language model that speaks OpenAI's chat completions, up to /v1; it proposes "
                     "similar questions to editors. Empty: none is used."));
  out.push_back(text("model.name", m, &Model::name, "Name of the model there."));
  out.push_back(text("model.key_file", m, &Model::key_file,
                     "File with the model's key as its one line, mode 600; empty: no key is sent."));
  out.push_back(duration("model.timeout", m, &Model::timeout, milliseconds(100), minutes(5),
                         "Time of one call of the model."));
  out.push_back(number<Model, std::int64_t>("model.daily_budget", m, &Model::daily_budget, 0, 1'000'000,
                                            "Calls of the model a day (UTC); one article takes one."));
  out.push_back(flag("model.allow_internal", m, &Model::allow_internal,
                     "Let the model's address be on this machine or in the local network."));
  constexpr auto v = &Config::vault;
  out.push_back(text("vault.key_file", v, &Vault::key_file,
                     "File with the keys of sealed personal data, made at the first start; empty: "
                     "keys/vault.keys in the data folder. Keep a copy apart from the backups."));
  out.push_back(number<Vault, std::int64_t>("vault.keep_days", v, &Vault::keep_days, 0, 36'500,
                                            "Days an original of personal data can be revealed; then only its "
                                            "masked form is left. 0: until the customer is erased."));
  out.push_back(choice("log.level", &Config::log, &Log::level, {"debug", "info", "warn", "error"},
                       "How much is written to standard error."));
  return out;
}

std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

const std::vector<Property>& properties() {
  static const std::vector<Property> table = make();
  return table;
}

const Property* find(std::string_view name) {
  for (const auto& p : properties()) {
    if (p.name == name) return &p;
  }
  return nullptr;
}

std::string variable(const Property& property) {
  std::string out = "ZHIKE_" + property.name;
  for (char& c : out) c = c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string nearest(std::string_view name) {
  const auto& all = properties();
  return std::min_element(
             all.begin(), all.end(),
             [&](const Property& a, const Property& b) { return edits(name, a.name) < edits(name, b.name); })
      ->name;
}

}  // namespace zk::config
