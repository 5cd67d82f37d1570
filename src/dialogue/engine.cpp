#include "dialogue/engine.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>

#include "dialogue/policy.hpp"
#include "dialogue/reading.hpp"
#include "dialogue/state.hpp"
#include "dialogue/wording.hpp"
#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::dialogue {
namespace json = boost::json;
namespace {

using Time = std::chrono::steady_clock;
constexpr double kThreadWeight = 0.6;  // of the reading behind what was said before, beside the bare one
constexpr double kOptionAnswer =
    0.6;  // share of the options' probability that words must give one to choose it
constexpr double kElsewhereFactor =
    0.8;  // of the answer threshold: this sure, words after an ask-back start a new topic
constexpr std::size_t kReasons = 5;

double ms_since(Time::time_point t) {
  return std::chrono::duration<double, std::milli>(Time::now() - t).count();
}

// One turn under way: the parts of the pipeline share its input, memory and trace.
class Turn {
 public:
  Turn(const answering::Answerer& answerer, const TurnInput& input, const EngineOptions& options)
      : answerer_(answerer),
        input_(input),
        options_(options),
        text_(text::prefix(input.text, kMostTextCharacters)),
        state_(read_state(input.state)) {}

  Result<Reply> run() {
    ZK_TRY_STATUS(go());
    reply_.state = write_state(state_);
    if (reply_.state.size() > kMostStateBytes) reply_.state = write_state({});
    reply_.ms = ms_since(start_);
    trace_["stages"] = stages_;
    reply_.trace = json::serialize(trace_);
    return std::move(reply_);
  }

 private:
  Status go() {
    normalised_ = text::normalise(text_);
    language_ = wording_language(text_, input_.locale);
    trace_["language"] = language_;
    trace_["normalised"] = normalised_;
    stage("normalise");
    if (!input_.pick.empty()) return take_pick();
    const auto alarm = alarm_of(normalised_);
    const auto talk = nlu::small_talk(normalised_);
    sign_ = sign_of(normalised_);
    stage("understand");
    trace_["urgency"] = nlu::to_string(nlu::urgency(normalised_));
    trace_["sentiment"] = nlu::sentiment(text_);
    if (alarm == Alarm::kPerson || alarm == Alarm::kAlways) return hand_over(), Status{};
    if (!state_.asked.empty()) {
      ZK_TRY(const bool done, take_words());
      if (done) return {};
    }
    if (talk != nlu::SmallTalk::kNone) return small_talk(talk), Status{};
    if (alarm == Alarm::kHazard) return answer_or_alarm();
    if (sign_.unsolved && !state_.given.empty()) return unsolved();
    if (!state_.topics.empty() && !sign_.elsewhere && (sign_.follows || sign_.correction || sign_.back))
      return follow();
    return question();
  }

  void stage(std::string_view name) {
    stages_.push_back(json::object{{"name", name}, {"ms", ms_since(stage_start_)}});
    stage_start_ = Time::now();
  }

  Result<answering::Finding> find(const std::string& text) {
    return answerer_.find({text, input_.now, input_.channel}, options_.target);
  }

  // The thresholds of the last finding go with the trace.
  void note(const answering::Finding& f, const Belief& b, std::string_view thread) {
    json::array reasons;
    for (const auto& r : answerer_.reasons(f, kReasons))
      reasons.push_back(json::object{{"feature", r.feature},
                                     {"share", r.share},
                                     {"zh", say_reason(r, "zh")},
                                     {"en", say_reason(r, "en")}});
    trace_["repaired"] = f.look.repaired;
    trace_["thread"] = thread;
    trace_["right"] = b.right;
    trace_["ambiguous"] = b.ambiguous;
    trace_["none"] = b.none;
    trace_["answer_at"] = f.operating.answer;
    trace_["reasons"] = reasons;
  }

  // --- what is done ---
  void candidates(const Belief& b) {
    reply_.candidates = b.candidates;
    reply_.probability = b.right;
  }

  Status answer(const Belief& b, const std::string& id, std::string_view asked) {
    candidates(b);
    return answer(id, asked);
  }
  Status answer(const std::string& id, std::string_view asked) {
    const auto at = answerer_.knowledge().find(id);
    if (!at) return none();
    reply_.decision = Decision::kAnswer;
    reply_.article_id = id;
    const auto& blocks = answerer_.knowledge().article(*at).answer;
    reply_.blocks.insert(reply_.blocks.end(), blocks.begin(), blocks.end());
    state_.answered(asked, id);
    stage("compose");
    return {};
  }

  Status clarify(const Belief& b, std::string_view asked, std::vector<std::string> options) {
    candidates(b);
    std::erase_if(options, [&](const auto& id) {
      return std::find(state_.declined.begin(), state_.declined.end(), id) != state_.declined.end() ||
             !answerer_.knowledge().find(id);
    });
    if (options.empty() || state_.rounds >= kMostRounds) return none();
    std::vector<std::string> titles;
    for (const auto& id : options)
      titles.push_back(answerer_.knowledge().article(*answerer_.knowledge().find(id)).question);
    const auto labels = labels_of(titles);
    ButtonsBlock buttons;
    for (std::size_t i = 0; i < options.size(); ++i) {
      reply_.options.push_back({"article:" + options[i], labels[i]});
      buttons.choices.push_back(reply_.options.back());
    }
    buttons.choices.push_back({"none", label_none_of_these(language_)});
    reply_.decision = Decision::kClarify;
    reply_.blocks = text_blocks(say_clarify(options.size(), language_));
    reply_.blocks.emplace_back(std::move(buttons));
    state_.asked = std::string(text::prefix(asked, 130));
    state_.options = std::move(options);
    ++state_.rounds;
    stage("compose");
    return {};
  }

  Status none() {
    reply_.decision = Decision::kNone;
    reply_.blocks = text_blocks(say_none(language_));
    reply_.blocks.emplace_back(ButtonsBlock{{{"human", label_person(language_)}}});
    state_.clear_pending();
    stage("compose");
    return {};
  }

  void hand_over() {
    reply_.decision = Decision::kHandover;
    reply_.priority = nlu::priority(nlu::urgency(normalised_));
    reply_.blocks = text_blocks(say_handover(reply_.priority > 0, language_));
    state_.clear_pending();
    stage("compose");
  }

  void small_talk(nlu::SmallTalk kind) {
    reply_.decision = Decision::kSmalltalk;
    reply_.blocks = text_blocks(say_small_talk(kind, language_));
    stage("compose");
  }

  Status act(const answering::Finding& f, const Belief& b, std::string_view asked, double answer_at) {
    auto at = f.operating;
    at.answer = std::min(at.answer, answer_at);
    stage("decide");
    switch (decide(b, at)) {
      case Decision::kAnswer:
        return answer(b, b.candidates.front().article_id, asked);
      case Decision::kClarify:
        return clarify(b, asked, options_of(b));
      default:
        candidates(b);
        return none();
    }
  }

  // --- the ways a message is taken ---
  Status take_pick() {
    if (input_.pick == "human") return hand_over(), Status{};
    if (input_.pick == "none") {
      state_.declined.insert(state_.declined.end(), state_.options.begin(), state_.options.end());
      return none();
    }
    constexpr std::string_view kArticle = "article:";
    if (!input_.pick.starts_with(kArticle)) return none();
    reply_.probability = 1;
    return answer(input_.pick.substr(kArticle.size()), state_.asked);
  }

  // Words after an ask-back. False: they are no answer to it.
  Result<bool> take_words() {
    const auto offered = static_cast<int>(state_.options.size());
    if (is_none_of_these(normalised_)) {
      ZK_TRY_STATUS(none());
      return true;
    }
    auto n = ordinal_of(normalised_, offered);
    if (n == 0 && is_yes(normalised_)) n = 1;
    if (n > 0 && n <= offered) {
      reply_.probability = 1;
      ZK_TRY_STATUS(
          answer(std::string(state_.options[static_cast<std::size_t>(n - 1)]), std::string(state_.asked)));
      return true;
    }
    if (nlu::small_talk(normalised_) != nlu::SmallTalk::kNone) return false;
    if (sign_.unsolved) {  // tried it already: what was offered is as good as given
      state_.given.insert(state_.given.end(), state_.options.begin(), state_.options.end());
      state_.clear_pending();
      return false;
    }
    ZK_TRY(const auto alone, find(text_));
    const auto asked = state_.asked + " " + text_;
    ZK_TRY(const auto threaded, find(asked));
    stage("retrieve");
    const auto bare = belief_of(alone);
    const auto joined = join(alone, threaded, kThreadWeight);
    const auto offered_it = [&](const Scored& c) {
      return std::find(state_.options.begin(), state_.options.end(), c.article_id) != state_.options.end();
    };
    if (bare.right >= alone.operating.answer * kElsewhereFactor && !offered_it(bare.candidates.front())) {
      state_.clear_pending();
      return false;
    }
    double all = 0;
    const Scored* best = nullptr;
    for (const auto& c : joined.candidates)
      if (offered_it(c)) {
        all += c.probability;
        if (!best) best = &c;
      }
    note(threaded, joined, "answer_to_clarify");
    if (best && best->probability >= kOptionAnswer * all &&
        best->probability >= joined.candidates.front().probability / 2) {
      ZK_TRY_STATUS(answer(joined, std::string(best->article_id), asked));
      return true;
    }
    ZK_TRY_STATUS(act(threaded, joined, asked, options_.thread_answer));
    return true;
  }

  Status answer_or_alarm() {
    ZK_TRY(const auto f, find(text_));
    const auto b = belief_of(f);
    stage("retrieve");
    note(f, b, "danger");
    candidates(b);
    if (b.right >= f.operating.answer) return act(f, b, text_, f.operating.answer);
    hand_over();
    return {};
  }

  // What was answered did not help: a question in the same breath may lead on; else a person. Never the same
  // answer again.
  Status unsolved() {
    std::optional<answering::Finding> best;
    const auto parts = answering::clauses(text_, 6);
    const std::vector<std::string> last =
        parts.empty() ? std::vector<std::string>{} : std::vector<std::string>{parts.back()};
    for (const auto& part : last) {
      ZK_TRY(auto f, find(part));
      auto b = belief_of(f);
      leave_out(b, state_.given);
      if (asks_something(part) && b.right >= options_.thread_answer) {
        stage("retrieve");
        note(f, b, "unsolved");
        return answer(b, b.candidates.front().article_id, text_);
      }
    }
    stage("retrieve");
    hand_over();
    return {};
  }
  static bool asks_something(const std::string& part) {
    const auto s = text::normalise(part);
    for (const auto cue : {"吗", "怎", "咋", "哪", "多少", "几", "能不能", "可以", "能去", "啥", "如何",
                           "申请", "how", "can", "where"})
      if (s.find(cue) != std::string::npos) return true;
    return false;
  }

  Status follow() {
    const auto rest = sign_.rest.empty() ? normalised_ : sign_.rest;
    ZK_TRY(const auto alone, find(rest));
    std::optional<Belief> best;
    std::optional<answering::Finding> threaded;
    const std::size_t reach = sign_.back ? state_.topics.size() : 1;
    for (std::size_t t = 0; t < reach; ++t) {
      ZK_TRY(auto f, find(state_.topics[t].question + " " + rest));
      auto b = join(alone, f, sign_.correction ? kThreadWeight / 2 : kThreadWeight);
      if (best && best->right >= b.right) continue;
      best = std::move(b);
      threaded = std::move(f);
    }
    stage("retrieve");
    auto belief = *std::move(best);
    if (sign_.correction) leave_out(belief, {state_.topics.front().article_id});
    note(*threaded, belief, sign_.correction ? "correction" : sign_.back ? "return" : "follow_up");
    const auto asked = sign_.correction ? rest : state_.topics.front().question + " " + rest;
    if (belief.candidates.empty()) return none();
    return act(*threaded, belief, asked, options_.thread_answer);
  }

  Status question() {
    const auto& asked = sign_.elsewhere || sign_.back || sign_.correction ? sign_.rest : text_;
    ZK_TRY(const auto f, find(asked));
    const auto b = belief_of(f);
    stage("retrieve");
    note(f, b, "alone");
    if (b.right < f.operating.answer) {
      ZK_TRY(const bool answered, answer_parts());
      if (answered) {
        candidates(b);
        return {};
      }
    }
    return act(f, b, asked, f.operating.answer);
  }

  // Several questions in one message: each that is sure by itself is answered, in their order.
  Result<bool> answer_parts() {
    const auto parts = nlu::questions(text_);
    std::vector<std::string> ids;
    if (parts.size() < 2) return false;
    for (const auto& part : parts) {
      ZK_TRY(const auto f, find(part));
      const auto b = belief_of(f);
      if (b.right >= f.operating.answer &&
          std::find(ids.begin(), ids.end(), b.candidates.front().article_id) == ids.end())
        ids.push_back(b.candidates.front().article_id);
    }
    if (ids.empty()) return false;
    trace_["parts"] = parts.size();
    for (const auto& id : ids) ZK_TRY_STATUS(answer(id, text_));
    reply_.article_id = ids.front();
    reply_.also.assign(ids.begin() + 1, ids.end());
    return true;
  }

  const answering::Answerer& answerer_;
  const TurnInput& input_;
  const EngineOptions& options_;
  const std::string text_;
  State state_;
  std::string normalised_;
  std::string_view language_ = "zh";
  Sign sign_;
  Reply reply_;
  json::object trace_;
  json::array stages_;
  const Time::time_point start_ = Time::now();
  Time::time_point stage_start_ = start_;
};

}  // namespace

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::kAnswer:
      return "answer";
    case Decision::kClarify:
      return "clarify";
    case Decision::kNone:
      return "none";
    case Decision::kHandover:
      return "handover";
    case Decision::kSmalltalk:
      return "smalltalk";
  }
  return "none";
}

Result<Reply> Engine::turn(const answering::Answerer& answerer, const TurnInput& input) const {
  return Turn(answerer, input, options_).run();
}

}  // namespace zk::dialogue
