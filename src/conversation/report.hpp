// The figures of the home page, from the tables by indexed queries. Definitions stand beside each figure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conversation/json_writer.hpp"
#include "storage/storage.hpp"

namespace zk::conversation {

struct Overview {
  // Open conversations now: all, in the queue, with an agent, with the bot.
  std::int64_t open = 0, waiting = 0, human = 0, bot_open = 0;
  struct Today {                       // since local midnight
    std::int64_t conversations = 0;    // begun
    std::int64_t answered_by_bot = 0;  // answers the bot gave
    std::int64_t clarified = 0;        // questions the bot asked back
    std::int64_t handed_over = 0;      // of the conversations begun: those that needed a person
    std::int64_t resolved = 0;         // resolved, whenever begun
    std::optional<double>
        median_first_response_s;  // of those handed over: from the hand-over to the agent's first words
    std::optional<double> csat;   // share of ratings 4 and 5, of the conversations begun
  } today;
  struct Day {
    std::string day;                 // local, "2026-11-23"
    std::int64_t conversations = 0;  // begun
    std::int64_t bot_resolved = 0;   // of them: the bot answered and nobody else was needed
    std::int64_t handed_over = 0;
  };
  std::vector<Day> series;                 // oldest first, every day of the span
  std::array<std::int64_t, 24> by_hour{};  // conversations begun, by local hour, of the whole span
  struct TopArticle {
    std::string id, question;
    std::int64_t count = 0;
  };
  std::vector<TopArticle> top_articles;  // at most 10, of the whole span
  struct Unanswered {
    std::string q;
    std::int64_t count = 0;
  };
  std::vector<Unanswered> unanswered;  // at most 10, among the newest 1,000 the bot had no answer to
};
// days 1–90 including today; utc_offset: of the company's time zone.
Result<Overview> overview(storage::Tx& tx, Timestamp now, int days, std::chrono::minutes utc_offset);
void write(JsonWriter& out, const Overview& o);

}  // namespace zk::conversation
