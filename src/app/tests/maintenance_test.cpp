#include "app/maintenance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "app/data_directory.hpp"
#include "storage/storage.hpp"

namespace zk::app {
namespace {

class Maintenance : public testing::Test {
 protected:
  void SetUp() override {
    std::string dir = (std::filesystem::temp_directory_path() / "zk-maintenance-XXXXXX").string();
    ASSERT_NE(::mkdtemp(dir.data()), nullptr);
    dir_ = dir;
    config_ = at("data");
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }
  config::Config at(const std::string& name) const {
    config::Config c;
    c.storage.data = dir_ + "/" + name;
    c.models.lexical_only = true;
    return c;
  }
  static Finding find(const std::vector<Finding>& all, std::string_view what) {
    const auto it = std::find_if(all.begin(), all.end(), [&](const Finding& f) { return f.what == what; });
    return it == all.end() ? Finding{Finding::Level::kFault, "absent", ""} : *it;
  }
  static std::int64_t agents(const config::Config& c) {
    static constexpr storage::Query kCount{
        "t.count", "SELECT COUNT(*) FROM agent WHERE email = 'li@example.com' AND role = 'admin'"};
    const auto db = storage::Db::open({.url = database_url(c.storage)});
    if (!db) return -1;
    return (*db)
        ->read(after(std::chrono::seconds(10)), [](storage::Tx& tx) { return tx.one(kCount); })
        ->integer(0);
  }

  std::string dir_;
  config::Config config_;
  const NewUser user_{
      .email = "Li@Example.com", .name = "李娜", .password = "correct horse battery staple 7"};
};

TEST_F(Maintenance, TheFirstUserComesFromTheCommandLine) {
  ASSERT_TRUE(add_user(config_, user_)) << add_user(config_, user_).error().message;
  EXPECT_EQ(agents(config_), 1);
  EXPECT_EQ(add_user(config_, user_).error().code, ErrorCode::kConflict);
  NewUser weak = user_;
  weak.password = "password123";
  EXPECT_EQ(add_user(config_, weak).error().code, ErrorCode::kInvalidArgument);
  NewUser nobody = user_;
  nobody.email = "li";
  EXPECT_EQ(add_user(config_, nobody).error().field, "email");
}

TEST_F(Maintenance, BackupAndRestoreBringEverythingToAnotherFolder) {
  ASSERT_TRUE(add_user(config_, user_));
  const std::string copy = dir_ + "/copy";
  double last = 0;
  ASSERT_TRUE(backup(config_, copy, [&](double done) { last = done; }));
  EXPECT_EQ(last, 1.0);
  EXPECT_EQ(backup(config_, copy, {}).error().code, ErrorCode::kConflict);
  const auto other = at("other");
  ASSERT_TRUE(restore(other, copy, {}));
  EXPECT_EQ(agents(other), 1);
}

TEST_F(Maintenance, NothingIsChangedUnderARunningServer) {
  ASSERT_TRUE(migrate(config_));
  const auto held = DataDirectory::open(config_.storage.data);
  ASSERT_TRUE(held);
  EXPECT_EQ(add_user(config_, user_).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(migrate(config_).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(restore(config_, dir_ + "/copy", {}).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(backup(config_, dir_ + "/copy", {}));
}

TEST_F(Maintenance, DoctorFindsWhatIsWrong) {
  using Level = Finding::Level;
  EXPECT_EQ(find(doctor(config_, ""), "database").level, Level::kWarning) << "nothing there yet is no fault";
  ASSERT_TRUE(add_user(config_, user_));
  auto all = doctor(config_, "");
  EXPECT_EQ(find(all, "data folder").level, Level::kOk);
  EXPECT_EQ(find(all, "key file").level, Level::kOk);
  EXPECT_EQ(find(all, "database").level, Level::kOk);
  EXPECT_EQ(find(all, "audit chain").level, Level::kOk);
  EXPECT_THAT(find(all, "audit chain").detail, testing::HasSubstr("1 rows"));
  EXPECT_EQ(find(all, "models").level, Level::kWarning);

  ::chmod((config_.storage.data + "/keys/master.key").c_str(), 0644);
  EXPECT_EQ(find(doctor(config_, ""), "key file").level, Level::kFault);
  ::chmod((config_.storage.data + "/keys/master.key").c_str(), 0600);

  static constexpr storage::Query kTamper{"t.tamper", "UPDATE audit SET actor = 'somebody'"};
  {
    const auto db = storage::Db::open({.url = database_url(config_.storage)});
    ASSERT_TRUE(
        (*db)->write(after(std::chrono::seconds(10)), [](storage::Tx& tx) { return tx.run(kTamper); }));
  }
  EXPECT_EQ(find(doctor(config_, ""), "audit chain").level, Level::kFault);
}

}  // namespace
}  // namespace zk::app
