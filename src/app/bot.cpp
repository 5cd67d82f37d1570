#include "app/bot.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "conversation/intake.hpp"
#include "dialogue/wording.hpp"

namespace zk::app {
namespace {

// Instead of what may not be said: a person. The trace says why; the dialogue goes on as if nothing had been said.
void hand_over(dialogue::Reply& reply, const Stopped& stopped, const std::string& text, const std::string& locale, const std::string& state) {
  auto trace = boost::json::parse(reply.trace).as_object();
  trace["guard"] = boost::json::object{{"kind", stopped.kind}, {"what", stopped.what}};
  reply.trace = boost::json::serialize(trace);
  reply.decision = dialogue::Decision::kHandover;
  reply.blocks = text_blocks(dialogue::say_handover(0, dialogue::wording_language(text, locale)));
  reply.article_id.clear();
  reply.note.clear();
  reply.state = state;
}

std::string id_or_null(const std::string& s) { return s.empty() ? "null" : boost::json::serialize(boost::json::value(s)); }

}  // namespace

// With what is live now: flows, their calls, the company's target.
Result<dialogue::Reply> Bot::ask(const answering::Answerer& answerer, dialogue::TurnInput input, Deadline deadline) const {
  ZK_TRY(const auto flows, flows_.book.current(deadline));
  const auto intents = intents_.current();
  ZK_TRY(input.target, target_.precision(deadline));
  input.channel = "web";
  input.flows = flows.get();
  input.intents = intents.get();
  input.calls = flows_.actions.get();
  return engine_.turn(answerer, input);
}

Result<conversation::BotReply> Bot::reply(const conversation::BotTurn& turn, Deadline deadline) {
  if (std::chrono::steady_clock::now() > deadline) return fail(ErrorCode::kDeadlineExceeded, "the turn waited too long");
  const auto start = std::chrono::steady_clock::now();
  const auto answerer = library_.current();
  ZK_TRY(auto r, ask(*answerer, {.text = turn.text, .pick = turn.pick, .state = turn.state, .now = turn.now, .locale = turn.locale}, deadline));
  turn_.observe(std::chrono::steady_clock::now() - start);
  for (const auto& s : r.stages) {
    const auto i = static_cast<std::size_t>(std::find(kStages.begin(), kStages.end() - 1, s.name) - kStages.begin());
    stages_[i].observe(std::chrono::nanoseconds(static_cast<std::int64_t>(s.ms * 1e6)));
  }
  ZK_TRY(const auto stopped, guards_.look(*answerer, r, deadline));
  if (stopped) {
    ZK_TRY_STATUS(guards_.record(*stopped, "bot", turn.conversation_id, r.article_id, deadline));
    hand_over(r, *stopped, turn.text, turn.locale, turn.state);
  }
  conversation::BotReply out;
  out.decision = std::string(dialogue::to_string(r.decision));
  out.handover = r.decision == dialogue::Decision::kHandover;
  out.priority = r.priority;
  out.team = r.team;
  out.label = r.label;
  out.article_id = std::move(r.article_id);
  if (const auto i = answerer->knowledge().find(out.article_id)) out.article_question = answerer->knowledge().article(*i).question;
  out.probability = r.probability;
  out.note = std::move(r.note);
  out.blocks = std::move(r.blocks);
  out.state = std::move(r.state);
  out.trace = std::move(r.trace);
  return out;
}

Bot::Times Bot::times() const {
  Times out{turn_.snapshot(), {}};
  for (std::size_t i = 0; i < stages_.size(); ++i) out.stages[i] = stages_[i].snapshot();
  return out;
}

Result<std::string> Bot::try_it(std::string_view question, Timestamp now) const {
  const auto answerer = library_.current();
  const auto deadline = after(std::chrono::seconds(5));
  ZK_TRY(const auto clean, conversation::Intake{}.clean(text_blocks(std::string(question)), SenderKind::kVisitor));
  const auto text = plain_text(clean.blocks);
  ZK_TRY(auto r, ask(*answerer, {.text = text, .now = now}, deadline));
  ZK_TRY(const auto stopped, guards_.look(*answerer, r, deadline));
  if (stopped) hand_over(r, *stopped, text, "", "");
  return fmt::format(R"({{"decision":"{}","article_id":{},"flow":{},"reply":{},"trace":{}}})", dialogue::to_string(r.decision), id_or_null(r.article_id), id_or_null(r.flow),
                     blocks_to_json(r.blocks), r.trace);
}

}  // namespace zk::app
