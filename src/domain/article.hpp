// A piece of knowledge: one standard question (标准问), any number of similar questions (相似问), one answer.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "domain/block.hpp"
#include "domain/ids.hpp"

namespace zk {

enum class ArticleStatus { kDraft, kPublished, kArchived };
std::string_view to_string(ArticleStatus status);  // "draft", "published", "archived"
Result<ArticleStatus> article_status(std::string_view text);

struct Article {
  ArticleId id;
  std::string external_id;            // the id of the imported file ("X017"); unique, 1–64 bytes; assigned ("A12") if none is given
  std::string category;
  std::string question;               // 1–500 bytes … the title
  std::vector<std::string> similar;   // no cap on their number; each 1–1,000 bytes
  Blocks answer;
  Timestamp valid_from{};             // epoch: no bound
  Timestamp valid_until{};            // epoch: no bound; exclusive
  std::vector<std::string> channels;  // empty: all
  std::string language = "zh-CN";     // BCP 47
  std::string translation_of;         // external id of the article this is a language version of, or ""
  ArticleStatus status = ArticleStatus::kPublished;
  std::int64_t version = 1;           // rises by one at every save
  std::string author;                 // actor of the last save ("agent:3")
  Timestamp created_at{}, updated_at{};
};

// May be said to a customer on this channel at this time.
bool is_live(const Article& article, Timestamp now, std::string_view channel);

}  // namespace zk
