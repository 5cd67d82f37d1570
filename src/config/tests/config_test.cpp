#include "config/config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "config/property.hpp"

namespace zk::config {
namespace {
using testing::HasSubstr;

class ConfigFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (std::filesystem::temp_directory_path() / "zk-config-XXXXXX").string();
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    dir_ = dir;
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  std::string file(const std::string& content, mode_t mode = 0600) {
    const std::string path = (dir_ / "zhike.toml").string();
    std::ofstream(path) << content;
    ::chmod(path.c_str(), mode);
    return path;
  }
  Error refused(const Sources& sources) {
    const auto config = load(sources);
    EXPECT_FALSE(config);
    return config ? Error{} : config.error();
  }

  std::filesystem::path dir_;
};

TEST_F(ConfigFile, LaterSourcesWin) {
  const auto path = file(
      "[server]\nlisten = \"1.1.1.1:1\"\nio_threads = 3\nidle_timeout = \"2min\"\nrate_per_second = 7\n");
  const auto config = load(
      {.file = path,
       .environment = {{"ZHIKE_SERVER_LISTEN", "2.2.2.2:2"}, {"ZHIKE_SERVER_IO_THREADS", "4"}, {"PATH", "/"}},
       .flags = {{"server.listen", "3.3.3.3:3"}}});
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->server.listen, "3.3.3.3:3");
  EXPECT_EQ(config->server.io_threads, 4);
  EXPECT_EQ(config->server.idle_timeout, std::chrono::minutes(2));
  EXPECT_EQ(config->server.rate_per_second, 7);
  EXPECT_EQ(config->storage.readers, Storage{}.readers) << "what nobody sets keeps its default";
}

TEST_F(ConfigFile, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_THAT(refused({.file = file("[server]\nlisen = \"x\"\n")}).message,
              HasSubstr(":2: there is no setting server.lisen; did you mean server.listen?"));
  EXPECT_THAT(refused({.environment = {{"ZHIKE_SERVER_IO_THREAD", "1"}}}).message,
              HasSubstr("did you mean ZHIKE_SERVER_IO_THREADS?"));
  EXPECT_THAT(refused({.flags = {{"log.leve", "info"}}}).message, HasSubstr("did you mean log.level?"));
  EXPECT_TRUE(load({.environment = {{"ZHIKE_CACHE", "x"}}}));
}

TEST_F(ConfigFile, ValuesAreChecked) {
  const std::pair<const char*, const char*> bad[] = {{"server.io_threads", "0"},
                                                     {"server.io_threads", "65"},
                                                     {"server.io_threads", "2x"},
                                                     {"server.io_threads", ""},
                                                     {"server.idle_timeout", "10"},
                                                     {"server.idle_timeout", "-1s"},
                                                     {"server.idle_timeout", "100h"},
                                                     {"server.idle_timeout", "9223372036854775807h"},
                                                     {"server.max_upload_memory", "1KiB"},
                                                     {"models.lexical_only", "yes"},
                                                     {"log.level", "loud"},
                                                     {"server.rate_burst", "nan"}};
  for (const auto& [name, value] : bad) {
    const auto error = refused({.flags = {{name, value}}});
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument) << name << '=' << value;
    EXPECT_EQ(error.field, name);
    EXPECT_THAT(error.message, HasSubstr("must be")) << name << '=' << value;
  }
  EXPECT_EQ(load({.flags = {{"server.max_upload_memory", "3MiB"}}})->server.max_upload_memory, 3 << 20);
}

TEST_F(ConfigFile, TlsFilesComeTogether) {
  EXPECT_EQ(refused({.flags = {{"server.tls_key", "k"}}}).field, "server.tls_key");
}

TEST_F(ConfigFile, ListsComeFromArraysOrCommas) {
  const std::vector<std::string> want{"10.0.0.1", "10.0.0.2"};
  EXPECT_EQ(
      load({.file = file("server.trusted_proxies = [\"10.0.0.1\", \"10.0.0.2\"]\n")})->server.trusted_proxies,
      want);
  EXPECT_EQ(
      load({.environment = {{"ZHIKE_SERVER_TRUSTED_PROXIES", "10.0.0.1,10.0.0.2"}}})->server.trusted_proxies,
      want);
  EXPECT_EQ(refused({.file = file("server.trusted_proxies = [1]\n")}).code, ErrorCode::kInvalidArgument);
}

TEST_F(ConfigFile, SecretsInAFileOthersCanReadAreRefused) {
  const std::string with = "[storage]\ndatabase = \"postgresql://u:p@h/d\"\n",
                    without = "[storage]\nreaders = 2\n";
  EXPECT_EQ(refused({.file = file(with, 0644)}).code, ErrorCode::kPermissionDenied);
  EXPECT_EQ(refused({.file = file(with, 0640)}).code, ErrorCode::kPermissionDenied);
  EXPECT_TRUE(load({.file = file(with, 0600)}));
  EXPECT_TRUE(load({.file = file(without, 0644)}));
}

TEST_F(ConfigFile, BrokenOrAbsentFilesSayWhere) {
  EXPECT_THAT(refused({.file = file("[server]\nlisten = \n")}).message, HasSubstr("zhike.toml:2"));
  EXPECT_EQ(refused({.file = (dir_ / "absent.toml").string()}).code, ErrorCode::kNotFound);
  EXPECT_EQ(refused({.file = dir_.string()}).code, ErrorCode::kNotFound);
}

TEST_F(ConfigFile, WhatIsWrittenReadsBackTheSame) {
  auto config = load({.flags = {{"server.listen", "[::1]:0"},
                                {"server.idle_timeout", "90s"},
                                {"storage.data", "a \"b\" \\c"},
                                {"server.trusted_proxies", "10.0.0.1"},
                                {"server.rate_per_second", "0.5"}}});
  ASSERT_TRUE(config);
  const auto again = load({.file = file(to_toml(*config))});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(to_toml(*again), to_toml(*config));
  EXPECT_EQ(again->storage.data, "a \"b\" \\c");
}

TEST(Config, NoSecretIsWritten) {
  const auto config = load({.flags = {{"storage.database", "postgresql://u:hunter2@h/d"}}});
  EXPECT_THAT(to_toml(*config), testing::Not(HasSubstr("hunter2")));
}

TEST(Config, EveryDefaultIsWithinItsRange) {
  for (const auto& p : properties()) {
    if (p.type == "list of text") continue;
    Config config;
    EXPECT_TRUE(p.set(config, p.get(config))) << p.name;
  }
}

TEST(Config, TheDocumentIsThatOfTheProgram) {
  std::ifstream in(ZK_SOURCE_DIR "/docs/CONFIG.md");
  std::stringstream content;
  content << in.rdbuf();
  EXPECT_EQ(content.str(), markdown()) << "run: zhike config --markdown > docs/CONFIG.md";
}

}  // namespace
}  // namespace zk::config
