#include "config/config.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <toml++/toml.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/property.hpp"

namespace zk::config {
namespace {

// Of the set-up tool, and of the commands that take models without a configuration.
constexpr std::string_view kNotSettings[] = {"ZHIKE_CACHE", "ZHIKE_MODELS"};

Status set(Config& config, const Property& property, const std::string& value, const std::string& where) {
  if (auto s = property.set(config, value); !s) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} {}", where, property.name, s.error().message), property.name);
  }
  return {};
}

tl::unexpected<Error> unknown(const std::string& name, const std::string& where) {
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: there is no setting {}; did you mean {}?", where, name, nearest(name)), name);
}

Result<std::string> as_text(const toml::node& node, const Property& property, const std::string& where) {
  if (const auto* s = node.as_string()) return s->get();
  if (const auto* i = node.as_integer()) return std::to_string(i->get());
  if (const auto* f = node.as_floating_point()) return fmt::format("{}", f->get());
  if (const auto* b = node.as_boolean()) return std::string(b->get() ? "true" : "false");
  if (const auto* list = node.as_array(); list != nullptr && property.type == "list of text") {
    std::string out;
    bool good = true;
    for (const auto& item : *list) {
      const auto* s = item.as_string();
      good = good && s != nullptr && s->get().find(',') == std::string::npos;
      if (good) out += (out.empty() ? "" : ",") + s->get();
    }
    if (good) return out;
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{}: {} must be of type {}", where, property.name, property.type), property.name);
}

struct FromFile {
  Config& config;
  const std::string& file;
  bool secrets = false;

  Status take(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string(key.str());
      const std::string where = fmt::format("{}:{}", file, node.source().begin.line);
      if (const auto* inner = node.as_table()) {
        ZK_TRY_STATUS(take(*inner, name + "."));
        continue;
      }
      const Property* property = find(name);
      if (property == nullptr) return unknown(name, where);
      ZK_TRY(const auto value, as_text(node, *property, where));
      ZK_TRY_STATUS(set(config, *property, value, where));
      secrets = secrets || (property->secret && !value.empty());
    }
    return {};
  }
};

Status take_file(Config& config, const std::string& file) {
  std::error_code not_there;
  const bool regular = std::filesystem::is_regular_file(file, not_there);
  std::ifstream in(file);
  std::stringstream content;
  content << in.rdbuf();
  if (!regular || !in.is_open())
    return fail(ErrorCode::kNotFound,
                fmt::format("cannot read the configuration file {}: {}", file,
                            not_there ? not_there.message() : "not a file one may read"),
                "config");
  FromFile from{config, file};
  try {
    ZK_TRY_STATUS(from.take(toml::parse(content.str(), file), ""));
  } catch (const toml::parse_error& e) {
    return fail(ErrorCode::kMalformed,
                fmt::format("{}:{}: not TOML: {}", file, e.source().begin.line, e.description()), "config");
  }
  struct stat mode {};
  if (from.secrets && ::stat(file.c_str(), &mode) == 0 && (mode.st_mode & (S_IRGRP | S_IROTH)) != 0) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} holds a secret and can be read by others: chmod 600 {}", file, file),
                "config");
  }
  return {};
}

Status take_environment(Config& config, const Pairs& environment) {
  for (const auto& [name, value] : environment) {
    if (!name.starts_with("ZHIKE_")) continue;
    if (std::find(std::begin(kNotSettings), std::end(kNotSettings), name) != std::end(kNotSettings)) continue;
    const Property* found = nullptr;
    for (const auto& p : properties()) {
      if (variable(p) == name) found = &p;
    }
    if (found == nullptr) {
      std::string guess = name.substr(6);
      for (char& c : guess) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      if (const auto bar = guess.find('_'); bar != std::string::npos) guess[bar] = '.';
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("environment: there is no setting {}; did you mean {}?", name,
                              variable(*find(nearest(guess)))),
                  name);
    }
    ZK_TRY_STATUS(set(config, *found, value, "environment"));
  }
  return {};
}

Status check_together(const Config& config) {
  if (config.server.tls_certificate.empty() != config.server.tls_key.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "server.tls_certificate and server.tls_key must be given together", "server.tls_key");
  }
  if (config.model.url.empty() != config.model.name.empty())
    return fail(ErrorCode::kInvalidArgument, "model.url and model.name must be given together", "model.name");
  return {};
}

}  // namespace

Result<Config> load(const Sources& sources) {
  Config config;
  if (!sources.file.empty()) ZK_TRY_STATUS(take_file(config, sources.file));
  ZK_TRY_STATUS(take_environment(config, sources.environment));
  for (const auto& [name, value] : sources.flags) {
    const Property* property = find(name);
    if (property == nullptr) return unknown(name, "command line");
    ZK_TRY_STATUS(set(config, *property, value, "command line"));
  }
  ZK_TRY_STATUS(check_together(config));
  return config;
}

Pairs process_environment() {
  Pairs out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) out.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

std::string markdown() {
  std::string out =
      "# Configuration\n\n"
      "Made by `zhike config --markdown`; a test compares it with the program. Later sources win: defaults, "
      "the TOML file given with\n"
      "`--config`, environment variables, flags (`--set NAME=VALUE`, and the short ones of `zhike serve "
      "--help`). An unknown name is\n"
      "refused, with the nearest known one. A file that holds a secret must be readable by its owner only "
      "(mode 600).\n\n"
      "```toml\n[server]\nlisten = \"0.0.0.0:8080\"\n\n[storage]\ndata = \"/var/lib/zhike\"\n```\n";
  const Config defaults;
  std::string section;
  for (const auto& p : properties()) {
    const std::string head = p.name.substr(0, p.name.find('.'));
    if (head != section) {
      section = head;
      out += fmt::format(
          "\n## {}\n\n| name | type | default | range | environment | meaning |\n|---|---|---|---|---|---|\n",
          section);
    }
    const std::string value = p.get(defaults);
    out += fmt::format("| `{}` | {} | {} | {} | `{}` | {}{} |\n", p.name, p.type,
                       value.empty() ? "" : "`" + value + "`", p.range, variable(p), p.doc,
                       p.secret ? " Secret." : "");
  }
  return out;
}

std::string to_toml(const Config& config) {
  std::string out, section;
  for (const auto& p : properties()) {
    const auto dot = p.name.find('.');
    if (p.name.substr(0, dot) != section) {
      section = p.name.substr(0, dot);
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
    }
    if (p.secret && !p.get(config).empty()) {
      out += fmt::format("# {} is set, and secret\n", p.name.substr(dot + 1));
      continue;
    }
    out += p.name.substr(dot + 1) + " = ";
    if (!p.quoted) {
      out += p.get(config) + "\n";
      continue;
    }
    std::ostringstream quoted;
    quoted << toml::value<std::string>(p.get(config));
    out += quoted.str() + "\n";
  }
  return out;
}

}  // namespace zk::config
