#include "tests/integration/company.hpp"

#include <fstream>
#include <stdexcept>

namespace zk::integration {
namespace {

const Answer& expect(const Answer& a, int status, const std::string& what) {
  if (a.status != status) throw std::runtime_error(what + ": " + std::to_string(a.status) + " " + a.text);
  return a;
}

}  // namespace

std::vector<std::string> Place::command(std::vector<std::string> words) const {
  words.insert(words.end(), {"--data", data});
  if (!database.empty()) words.insert(words.end(), {"--database", database});
  return words;
}

std::vector<std::string> Place::serve(const std::vector<std::string>& settings) const {
  auto words = command({"serve", "--lexical-only", "--listen", "127.0.0.1:0"});
  for (const auto& s : settings) words.insert(words.end(), {"--set", s});
  return words;
}

Http Company::office(const std::string& url) const {
  Http http(url);
  http.cookie = session;
  http.csrf = csrf;
  return http;
}

void prepare(const Place& place) {
  const auto must = [](std::vector<std::string> words, const std::string& input) {
    std::string said;
    const auto what = words.front() + " " + words[1];
    if (run(words, input, &said) != 0) throw std::runtime_error(what + ": " + said);
  };
  must(place.command({"user", "add", std::string(kEmail), "--name", "林青"}), std::string(kPassword) + "\n");
  const auto file = place.data + "/articles.jsonl";
  std::ofstream(file) << kArticles;
  must(place.command({"import", "articles", file}), {});
}

Company found_company(const std::string& url) {
  Company out;
  Http http(url);
  const auto signed_in =
      expect(http.post("/api/v1/session", {{"email", kEmail}, {"password", kPassword}}), 200, "sign in");
  const auto& cookie = signed_in.headers.at("set-cookie");
  const auto from = cookie.find('=') + 1;
  out.session = cookie.substr(from, cookie.find(';') - from);
  out.csrf = signed_in["csrf_token"].as_string();
  out.admin = signed_in["agent"].as_object().at("id").as_int64();
  auto office = out.office(url);
  const auto team =
      expect(office.post("/api/v1/teams", {{"name", "售后"}, {"agent_ids", {out.admin}}}), 201, "team");
  const auto inbox =
      expect(office.post("/api/v1/inboxes", {{"name", "网站"}, {"team_id", team.id()}}), 201, "inbox");
  out.inbox = inbox.id();
  out.website_token = inbox["website_token"].as_string();
  return out;
}

Visitor open_session(Http& http, const Company& company) {
  const auto opened = expect(http.post("/api/v1/widget/sessions", {{"website_token", company.website_token}}),
                             200, "session");
  return {opened["contact"].as_object().at("id").as_int64(),
          std::string(opened["visitor_token"].as_string())};
}

}  // namespace zk::integration
