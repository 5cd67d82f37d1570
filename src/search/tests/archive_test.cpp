#include "search/archive.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <thread>

#include "base/random.hpp"

namespace zk::search {
namespace {

const std::vector<std::string> kPieces = {"退款", "退",   "款",   "订单", "物流", "iPhone", " 15 Pro",
                                          "發票", "发票", "WIFI", "w",    "，",   "！",     "😀",
                                          "好的", "是",   "７天", "abc",  "ab"};

std::string random_text(Random& random) {
  std::string s;
  for (std::uint64_t n = random.below(8); n > 0; --n) s += kPieces[random.below(kPieces.size())];
  return s;
}

std::vector<std::int64_t> verified(const MessageArchive& archive, const std::vector<std::string>& texts,
                                   std::string_view phrase, std::int64_t before) {
  auto ids = archive.find(phrase, before, texts.size());
  std::erase_if(
      ids, [&](auto id) { return !MessageArchive::contains(texts[static_cast<std::size_t>(id)], phrase); });
  return ids;
}

std::vector<std::int64_t> by_reading(const std::vector<std::string>& texts, std::string_view phrase,
                                     std::int64_t before) {
  std::vector<std::int64_t> ids;
  for (std::size_t i = texts.size(); i-- > 1;)
    if (static_cast<std::int64_t>(i) < before && MessageArchive::contains(texts[i], phrase))
      ids.push_back(static_cast<std::int64_t>(i));
  return ids;
}

TEST(MessageArchive, FindsWhatReadingEveryMessageFinds) {
  Random random(20264);
  MessageArchive archive;
  std::vector<std::string> texts = {""};
  while (texts.size() < MessageArchive::kBlock + 5000) {
    texts.push_back(random_text(random));
    ASSERT_TRUE(archive.add(static_cast<std::int64_t>(texts.size()) - 1, texts.back()));
  }
  for (const std::string phrase : {"退款", "退", "订单物流", "iphone", "IPHONE 15", "5 p", "wifi", "W",
                                   "发票", "發票", "😀", "7天", "好的是", "款退款", "没有", "x", ""}) {
    for (const std::int64_t before : {kNewest, std::int64_t{36000}, std::int64_t{MessageArchive::kBlock + 1},
                                      std::int64_t{100}, std::int64_t{1}})
      EXPECT_EQ(verified(archive, texts, phrase, before), by_reading(texts, phrase, before))
          << phrase << before;
  }
}

TEST(MessageArchive, TwoCharactersNeedNoReading) {
  Random random(2);
  MessageArchive archive;
  std::vector<std::string> texts = {""};
  while (texts.size() < 3000) {
    texts.push_back(random_text(random));
    ASSERT_TRUE(archive.add(static_cast<std::int64_t>(texts.size()) - 1, texts.back()));
  }
  for (const std::string phrase : {"退款", "订单", "款", "ab"})
    EXPECT_EQ(archive.find(phrase, kNewest, 5000), by_reading(texts, phrase, kNewest));
}

TEST(MessageArchive, PagesJoinWithoutGapOrDouble) {
  MessageArchive archive;
  for (std::int64_t id = 1; id <= 1000; ++id) ASSERT_TRUE(archive.add(id * 3, id % 2 ? "退款多久" : "运费"));
  std::vector<std::int64_t> all;
  for (std::int64_t before = kNewest;;) {
    const auto page = archive.find("退款", before, 37);
    if (page.empty()) break;
    all.insert(all.end(), page.begin(), page.end());
    before = page.back();
  }
  EXPECT_EQ(all, archive.find("退款", kNewest, 10000));
  EXPECT_EQ(all.size(), 500u);
}

TEST(MessageArchive, AnIdNotAboveTheLastIsIgnored) {
  MessageArchive archive;
  ASSERT_TRUE(archive.add(5, "退款"));
  ASSERT_TRUE(archive.add(5, "运费"));
  ASSERT_TRUE(archive.add(4, "运费"));
  EXPECT_TRUE(archive.find("运费", kNewest, 10).empty());
  EXPECT_EQ(archive.last_id(), 5);
  EXPECT_EQ(archive.messages(), 1u);
}

class ArchiveFile : public testing::Test {
 protected:
  ArchiveFile()
      : file_(std::filesystem::path(testing::TempDir()) / ("zk_archive_" + std::to_string(::getpid()))) {
    std::filesystem::remove(file_);
  }
  ~ArchiveFile() override { std::filesystem::remove(file_); }
  std::unique_ptr<MessageArchive> open() {
    auto archive = MessageArchive::open(file_);
    EXPECT_TRUE(archive) << archive.error().message;
    return *std::move(archive);
  }
  static void fill(MessageArchive& archive, std::int64_t to) {
    for (std::int64_t id = archive.last_id() + 1; id <= to; ++id)
      ASSERT_TRUE(archive.add(id, id % 100 ? "好的" : "退款"));
  }
  const std::filesystem::path file_;
};

TEST_F(ArchiveFile, ARestartReadsOnlyWhatCameAfterTheLastFullBlock) {
  constexpr std::int64_t kAll = 2 * MessageArchive::kBlock + 500;
  std::vector<std::int64_t> before;
  {
    const auto archive = open();
    EXPECT_EQ(archive->watermark(), 0);
    fill(*archive, kAll);
    EXPECT_EQ(archive->watermark(), 2 * static_cast<std::int64_t>(MessageArchive::kBlock));
    before = archive->find("退款", kNewest, kAll);
    EXPECT_EQ(MessageArchive::open(file_).error().code, ErrorCode::kConflict);
  }
  const auto archive = open();
  EXPECT_EQ(archive->last_id(), archive->watermark());
  EXPECT_EQ(archive->watermark(), 2 * static_cast<std::int64_t>(MessageArchive::kBlock));
  fill(*archive, kAll);
  EXPECT_EQ(archive->find("退款", kNewest, kAll), before);
}

TEST_F(ArchiveFile, DamageCostsTheBlocksFromThereOnNeverAWrongAnswer) {
  constexpr std::int64_t kAll = 2 * MessageArchive::kBlock;
  { fill(*open(), kAll); }
  const auto size = std::filesystem::file_size(file_);
  Random random(4);
  std::string sound(size, '\0');
  std::ifstream(file_, std::ios::binary).read(sound.data(), static_cast<std::streamsize>(size));
  for (int round = 0; round < 40; ++round) {
    auto damaged = sound;
    if (round % 2) {
      damaged.resize(random.below(size));
    } else {
      const auto at = random.below(size);
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    }
    std::ofstream(file_, std::ios::binary | std::ios::trunc)
        .write(damaged.data(), static_cast<std::streamsize>(damaged.size()));
    const auto archive = open();
    EXPECT_LT(archive->watermark(), kAll);
    EXPECT_EQ(archive->watermark() % static_cast<std::int64_t>(MessageArchive::kBlock), 0);
    fill(*archive, kAll);
    EXPECT_EQ(archive->find("退款", kNewest, kAll).size(), static_cast<std::size_t>(kAll / 100));
    EXPECT_EQ(archive->watermark(), kAll);
  }
}

TEST(MessageArchive, ReadersWhileWriting) {
  MessageArchive archive;
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (std::int64_t id = 1; id <= 40'000; ++id) EXPECT_TRUE(archive.add(id, id % 10 ? "好的" : "退款"));
    stop = true;
  });
  while (!stop) {
    const auto ids = archive.find("退款", kNewest, 50);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      ASSERT_EQ(ids[i] % 10, 0);
      if (i) ASSERT_EQ(ids[i - 1] - ids[i], 10);
    }
  }
  writer.join();
}

}  // namespace
}  // namespace zk::search
