#include "app/server.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iterator>

#include "api/admin.hpp"
#include "api/articles.hpp"
#include "api/conversations.hpp"
#include "api/flows.hpp"
#include "api/import_jobs.hpp"
#include "api/intents.hpp"
#include "api/learning.hpp"
#include "api/quality.hpp"
#include "api/releases.hpp"
#include "api/server.hpp"
#include "app/bot.hpp"
#include "app/demo.hpp"
#include "app/data_directory.hpp"
#include "app/flows.hpp"
#include "app/front.hpp"
#include "app/maintenance.hpp"
#include "app/metrics.hpp"
#include "app/personal_data.hpp"
#include "auth/auth.hpp"
#include "base/log.hpp"
#include "conversation/message_search.hpp"
#include "conversation/service.hpp"
#include "dialogue/engine.hpp"
#include "connect/webhooks.hpp"
#include "exec/periodic.hpp"
#include "knowledge/target.hpp"
#include "gateway/server.hpp"
#include "intent/live.hpp"
#include "learning/chat_model.hpp"
#include "storage/storage.hpp"
#include "vault/vault.hpp"

namespace zk::app {
namespace {

gateway::Options gateway_options(const config::Server& c, const Address& address) {
  gateway::Options out;
  out.host = address.host;
  out.port = address.port;
  out.io_threads = static_cast<int>(c.io_threads);
  out.limits.connections = static_cast<std::size_t>(c.max_connections);
  out.limits.body_bytes_in_flight = static_cast<std::size_t>(c.max_upload_memory);
  out.timeouts = {c.header_timeout, c.body_timeout, c.idle_timeout, c.handler_timeout, out.timeouts.write, c.drain_timeout};
  out.rate = {c.rate_per_second, c.rate_burst};
  if (!c.tls_certificate.empty()) out.tls = gateway::Tls{c.tls_certificate, c.tls_key};
  out.trusted_proxies = c.trusted_proxies;
  out.routes = route_classes();
  out.rules = route_rule;
  return out;
}

api::WidgetLimits widget_limits(const config::Widget& c) {
  api::WidgetLimits out;
  out.messages_per_second = c.messages_per_second;
  out.messages_burst = c.messages_burst;
  out.sessions_per_second = c.sessions_per_second;
  out.sessions_burst = c.sessions_burst;
  return out;
}

storage::Options storage_options(const config::Storage& c) {
  storage::Options out;
  out.url = database_url(c);
  out.readers = static_cast<int>(c.readers);
  out.write_queue = static_cast<std::size_t>(c.write_queue);
  return out;
}

log::Level log_level(const std::string& name) {
  return name == "debug" ? log::Level::kDebug : name == "warn" ? log::Level::kWarn : name == "error" ? log::Level::kError : log::Level::kInfo;
}

}  // namespace

// In the order of construction; destroyed in reverse.
struct Server::Parts {
  Parts(StartOptions o, DataDirectory d, auth::Keys k, vault::KeyFile vault_keys, std::unique_ptr<storage::Db> database)
      : options(std::move(o)), data(std::move(d)), keys(std::move(k)),
        vault(std::move(vault_keys), {std::chrono::days(options.config.vault.keep_days)}), db(std::move(database)) {}

  const StartOptions options;
  DataDirectory data;
  SystemClock clock;
  auth::Keys keys;
  vault::Vault vault;
  std::unique_ptr<storage::Db> db;
  exec::Pool pool{{.name = "worker", .threads = static_cast<int>(options.config.server.worker_threads),
                   .queue = static_cast<std::size_t>(options.config.server.worker_queue)}};
  exec::Pool writes{{.name = "writer", .threads = static_cast<int>(options.config.server.writer_threads),
                     .queue = static_cast<std::size_t>(options.config.server.worker_queue)}};
  exec::Pool slow{{.name = "slow", .threads = 2, .queue = 64}};  // password hashing: 64 waiting is some seconds
  auth::Auth auth{*db, clock, keys};
  answering::Models models;
  std::unique_ptr<knowledge::Library> library;
  std::optional<dialogue::Engine> engine;
  std::optional<Guards> guards;
  std::optional<Flows> flows;
  std::unique_ptr<intent::Live> intents;
  std::optional<Bot> bot;
  std::unique_ptr<conversation::Service> service;
  std::unique_ptr<conversation::MessageSearch> search;
  std::optional<api::ImportJobs> imports;
  std::optional<review::Checks> checks;
  std::optional<review::Meter> meter;
  std::optional<learning::Learning> learning;
  std::optional<learning::ChatModel> model;
  std::optional<learning::Writing> writing;
  std::unique_ptr<DemoVisitor> demo_visitor;
  SignIn sign_in;
  std::optional<api::Server> api;
  gateway::StaticSite site{options.assets};
  std::optional<Front> front;
  std::unique_ptr<gateway::Server> gateway;
  std::unique_ptr<exec::Periodic> write_seen, sweep_vault;
  std::unique_ptr<connect::Webhooks> webhooks;
  std::string host;

  Status open_answering();
  Status open_desk();
  Status open_api();
  Status listen();
  std::vector<api::Route> routes();
  std::vector<std::pair<std::string, Front::File>> demo_files() const;
  Result<std::string> knowledge_status() const;
  api::AnsweringCost cost() const;
  Result<std::string> ready() const;
  std::string metrics() const;
  void stop();
};

Status Server::Parts::open_answering() {
  const auto directory = answering::find_models(options.config.models.dir, "/proc/self/exe");
  answering::ModelOptions how;
  how.lexical_only = options.config.models.lexical_only;
  how.profile = answering::Profile::kLexical;
  if (!how.lexical_only) {
    ZK_TRY(how.profile, answering::profile_of(options.config.models.profile));
  }
  how.cache = options.config.storage.data + "/cache";
  how.threads = static_cast<int>(options.config.dialogue.workers);
  ZK_TRY(models, answering::open_models(directory, how));
  if (!models.note.empty()) log::warn("app", "answering runs as {}: {}", answering::to_string(models.profile), models.note);
  ZK_TRY(auto actions, open_actions(options.config, options.demo));
  if (options.demo) ZK_TRY_STATUS(seed_demo_company(*db, auth, clock, *actions));
  ZK_TRY(library, knowledge::Library::open(*db, models));
  engine.emplace(dialogue::EngineOptions{});
  guards.emplace(*db, clock, auth.audit());
  flows.emplace(*db, std::move(actions));
  ZK_TRY(intents, intent::Live::open(*db, clock, *library, flows->book));
  bot.emplace(*db, *library, *engine, *guards, *flows, *intents);
  return {};
}

Status Server::Parts::open_desk() {
  const conversation::Intake intake(&vault, [this](const std::string& words, text::PiiType kind) { return published(*db, words, kind); });
  if (options.demo) {
    ZK_TRY_STATUS(seed_demo_history(*db, clock, intake, *bot, {}));
    ZK_TRY(sign_in, demo_sign_in(*db, clock));
  }
  const auto& c = options.config.dialogue;
  conversation::Service::Options how;
  how.turns = {static_cast<int>(c.workers), static_cast<std::size_t>(c.backlog), c.turn_timeout};
  how.screen = [this](const conversation::AgentPost& post, Deadline deadline) { return guards->screen(post, deadline); };
  ZK_TRY(service, conversation::Service::start(*db, clock, intake, *bot, how));
  std::error_code ignored;  // a folder that cannot be made shows as the archive's own error
  std::filesystem::create_directories(options.config.storage.data + "/cache", ignored);
  ZK_TRY(auto archive, search::MessageArchive::open(options.config.storage.data + "/cache/messages.archive"));
  ZK_TRY(search, conversation::MessageSearch::start(*db, std::move(archive)));
  if (options.demo) demo_visitor = std::make_unique<DemoVisitor>(*db, *service, static_cast<std::uint64_t>(to_micros(clock.now())));
  return {};
}

Result<std::string> Server::Parts::knowledge_status() const {
  const auto s = library->status();
  const auto answerer = library->current();
  ZK_TRY(const double target, knowledge::target_precision(*db, after(std::chrono::seconds(5))));
  const double threshold = answerer->operating(false, false, target).answer;
  const auto view = meter->view();
  const bool measured = view.measured && !view.measured->outcomes.empty();
  auto out = api::quality_figures(measured ? review::rates(view.measured->outcomes, *answerer, target) : review::Rates{});
  out["measured"] = review::to_string(view.state);
  out["articles"] = s.articles;
  out["questions"] = s.questions;
  out["encoder"] = models.encoders.empty() ? "none" : std::string(models.encoders[0]->model_id());
  out["profile"] = answering::to_string(models.profile);
  out["generation"] = s.generation;
  out["state"] = s.adapting ? "adapting" : "ready";
  out["target"] = target;
  out["threshold"] = threshold > 1 ? boost::json::value(nullptr) : boost::json::value(threshold);
  out["error"] = s.error;
  return boost::json::serialize(out);
}

api::AnsweringCost Server::Parts::cost() const {
  api::AnsweringCost out;
  out.profile = answering::to_string(models.profile);
  for (const auto* encoders : {&models.encoders, &models.multilingual})
    for (const auto& e : *encoders) out.encoders.emplace_back(e->model_id());
  const auto times = bot->times().turn;
  out.turns = times.count();
  if (out.turns == 0) return out;
  out.ms_mean = times.sum_seconds * 1e3 / static_cast<double>(out.turns);
  out.ms_p95 = exec::quantile_bound(times, 0.95) * 1e3;
  return out;
}

std::vector<api::Route> Server::Parts::routes() {
  auto out = api::admin_routes(auth);
  const auto add = [&](std::vector<api::Route> more) { std::move(more.begin(), more.end(), std::back_inserter(out)); };
  add(api::conversation_routes(*service, *search));
  add(api::contact_routes(*service));
  add(api::personal_data_routes(*service));
  add(api::attachment_routes(*service));
  add(api::report_routes());
  add(api::webhook_test_routes([this](std::int64_t id, Deadline deadline) {
    return webhooks->test(id, deadline).map([](const connect::HttpReply& reply) { return reply.status; });
  }));
  add(api::widget_routes(*service, auth, widget_limits(options.config.widget)));
  add(api::article_routes({*imports, [this](std::string_view q, Timestamp now) { return bot->try_it(q, now); }, [this] { return knowledge_status(); }}));
  add(api::release_routes(*checks));
  add(api::regression_routes());
  add(api::quality_routes({*meter, *library, [this] { return cost(); }}));
  add(api::learning_routes(*learning, *writing));
  add(api::flow_routes(*flows->actions));
  add(api::intent_routes({*intents, *library}));
  if (demo_visitor) add(demo_routes(*demo_visitor));
  return out;
}

Status Server::Parts::open_api() {
  imports.emplace(*db, clock);
  learning.emplace(*db, clock, *library, *engine, learning::Learning::Options{});
  const auto& m = options.config.model;
  if (!m.url.empty()) {
    ZK_TRY(auto key, learning::read_key(m.key_file));
    model.emplace(learning::ChatModel::Options{m.url, m.name, std::move(key), m.timeout, m.allow_internal});
  }
  writing.emplace(*db, clock, auth.audit(), *library, *engine, model ? &*model : nullptr,
                  learning::Writing::Options{m.daily_budget, [this] { learning->poke(); }});
  checks.emplace(*db, clock, auth.audit(), *library, *engine, review::Checks::Options{});
  meter.emplace(*db, clock, *library, review::Meter::Options{.file = options.config.storage.data + "/cache/quality.json"});
  api.emplace(api::Server::Parts{*db, clock, auth, pool, writes, slow}, routes(), api::live_sockets(*service, auth, clock, writes));
  write_seen = std::make_unique<exec::Periodic>(exec::PeriodicOptions{"last-seen", std::chrono::minutes(1)}, [this] {
    if (auto s = auth.write_seen(after(std::chrono::seconds(10))); !s) log::warn("app", "last-seen times not written code={}", to_string(s.error().code));
  });
  sweep_vault = std::make_unique<exec::Periodic>(exec::PeriodicOptions{"vault-sweep", std::chrono::hours(1)}, [this] {
    if (auto s = sweep(*db, vault, clock.now()); !s) log::warn("app", "expired originals not removed code={}", to_string(s.error().code));
  });
  const auto& hooks = options.config.webhooks;
  webhooks = std::make_unique<connect::Webhooks>(
      *db, clock, auth.sealer(), connect::HttpClient({.timeout = hooks.timeout, .allow_internal = hooks.allow_internal}),
      connect::Webhooks::Options{.disable_after = std::chrono::hours(24 * hooks.disable_after_days)});
  return {};
}

Status Server::Parts::listen() {
  ZK_TRY(const auto address, parse_address(options.config.server.listen));
  host = address.host;
  if (site.files() == 0) log::warn("app", "this binary was built without web pages: only the API is served");
  front.emplace(Front::Parts{*api, site, pool, [this] { return ready(); }, [this] { return metrics(); },
                             options.config.server.metrics_from == "anywhere", options.demo ? "/demo/index.html" : "", demo_files()});
  ZK_TRY(gateway, gateway::Server::start(gateway_options(options.config.server, address), *front));
  return {};
}

std::vector<std::pair<std::string, Front::File>> Server::Parts::demo_files() const {
  if (!options.demo) return {};
  return {{"/demo/config.json", [this] { return demo_config(*db); }}, {"/demo/identity.json", [this] { return demo_identity(*db, auth); }}};
}

Result<std::string> Server::Parts::ready() const {
  ZK_TRY(const auto seq, db->last_seq());
  return fmt::format(R"({{"status":"ready","database":"{}","events":{},"answering":"{}"}})", db->engine(), seq, answering::to_string(models.profile));
}

std::string Server::Parts::metrics() const {
  Exposition out;
  if (gateway) add_gateway(out, gateway->stats());
  add_pool(out, pool.stats());
  add_pool(out, writes.stats());
  add_pool(out, slow.stats());
  add_storage(out, db->stats());
  if (service && bot) {
    add_turns(out, service->turns().stats(), bot->times());
    add_live(out, service->hub().stats());
    add_desk(out, service->desk().stats());
  }
  if (library) add_knowledge(out, library->status());
  if (search) add_archive(out, search->archive());
  if (webhooks) add_webhooks(out, webhooks->stats());
  add_process(out);
  return out.text();
}

void Server::Parts::stop() {
  if (gateway) gateway->drain();
  demo_visitor.reset();
  if (service) service->stop();
  pool.stop();
  writes.stop();
  slow.stop();
  if (checks) checks->stop();
  if (writing) writing->stop();
  if (meter) meter->stop();
  if (learning) learning->stop();
  webhooks.reset();
  if (write_seen) write_seen->stop();
  if (sweep_vault) sweep_vault->stop();
  if (auto s = auth.write_seen(after(std::chrono::seconds(5))); !s) log::warn("app", "last-seen times not written code={}", to_string(s.error().code));
  gateway.reset();
  db->close();
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(StartOptions options) {
  log::set_level(log_level(options.config.log.level));
  ZK_TRY(auto data, DataDirectory::open(options.config.storage.data));
  ZK_TRY(auto keys, auth::Keys::open(options.config.storage.data));
  ZK_TRY(auto vault_keys, vault::KeyFile::open(vault_key_file(options.config)));
  ZK_TRY(auto db, storage::Db::open(storage_options(options.config.storage)));
  auto parts = std::make_unique<Parts>(std::move(options), std::move(data), std::move(keys), std::move(vault_keys), std::move(db));
  ZK_TRY_STATUS(parts->db->read(after(std::chrono::seconds(30)), [&](storage::Tx& tx) { return parts->vault.check(tx); }));
  ZK_TRY_STATUS(parts->open_answering());
  ZK_TRY_STATUS(parts->open_desk());
  ZK_TRY_STATUS(parts->open_api());
  ZK_TRY_STATUS(parts->listen());
  ZK_TRY(const auto ready, parts->ready());
  ::malloc_trim(0);  // start-up reads much that is not needed later
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

std::string Server::url() const {
  const bool bracketed = parts_->host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", parts_->options.config.server.tls_certificate.empty() ? "http" : "https", bracketed ? "[" : "",
                     parts_->host, bracketed ? "]" : "", parts_->gateway->port());
}

std::string Server::sign_in() const {
  return parts_->sign_in.email.empty() ? std::string() : parts_->sign_in.email + " / " + parts_->sign_in.password;
}

void Server::stop() {
  if (parts_ && parts_->gateway) parts_->stop();
}

void prepare_process() {
  ::mallopt(M_ARENA_MAX, 2);
  const rlimit no_dump{0, 0};  // a core file would hold what customers wrote
  ::setrlimit(RLIMIT_CORE, &no_dump);
  std::signal(SIGPIPE, SIG_IGN);
}

Result<Address> parse_address(std::string_view text) {
  const auto bad = [&] {
    return fail(ErrorCode::kInvalidArgument, fmt::format("server.listen must be HOST:PORT like 127.0.0.1:8080, not {}", text), "server.listen");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string_view::npos) return bad();
  Address out{std::string(host), 0};
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (ec != std::errc{} || end != port.data() + port.size() || host.empty()) return bad();
  return out;
}

}  // namespace zk::app
