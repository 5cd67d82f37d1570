// The dialogue engine behind the conversations' port: takes the current snapshot of the knowledge base and
// the precision the company wants, runs one turn. Thread-safe; database, library, engine, guards, flows
// and intents must outlive it.
#pragma once

#include <array>
#include <string_view>

#include "app/flows.hpp"
#include "app/guards.hpp"
#include "conversation/responder.hpp"
#include "dialogue/engine.hpp"
#include "exec/histogram.hpp"
#include "intent/live.hpp"
#include "knowledge/library.hpp"
#include "knowledge/target.hpp"

namespace zk::app {

class Bot final : public conversation::Responder {
 public:
  Bot(storage::Db& db, const knowledge::Library& library, const dialogue::Engine& engine,
      const Guards& guards, const Flows& flows, const intent::Live& intents)
      : target_(db), library_(library), engine_(engine), guards_(guards), flows_(flows), intents_(intents) {}
  Result<conversation::BotReply> reply(const conversation::BotTurn& turn, Deadline deadline) override;
  // What would be said to a question out of the blue, its personal data masked as a visitor's is:
  // {"decision","article_id","flow","reply":[blocks],"trace":{…}}.
  Result<std::string> try_it(std::string_view question, Timestamp now) const;
  struct Times {
    exec::HistogramSnapshot turn;
    std::array<exec::HistogramSnapshot, 8> stages;  // in the order of kStages
  };
  static constexpr std::array<std::string_view, 8> kStages{"normalise", "understand", "alarm",   "intent",
                                                           "retrieve",  "decide",     "compose", "other"};
  Times times() const;

 private:
  Result<dialogue::Reply> ask(const answering::Answerer& answerer, dialogue::TurnInput input,
                              Deadline deadline) const;

  knowledge::Target target_;
  const knowledge::Library& library_;
  const dialogue::Engine& engine_;
  const Guards& guards_;
  const Flows& flows_;
  const intent::Live& intents_;
  exec::Histogram turn_;
  std::array<exec::Histogram, kStages.size()> stages_;
};

}  // namespace zk::app
