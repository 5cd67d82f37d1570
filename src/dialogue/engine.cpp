#include "dialogue/engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>

#include "dialogue/explain.hpp"
#include "dialogue/policy.hpp"
#include "dialogue/reading.hpp"
#include "dialogue/state.hpp"
#include "dialogue/thread.hpp"
#include "dialogue/versions.hpp"
#include "dialogue/wording.hpp"
#include "nlu/understanding.hpp"
#include "text/text.hpp"

namespace zk::dialogue {
namespace json = boost::json;
namespace {

using Time = std::chrono::steady_clock;
constexpr std::size_t kReasons = 5, kAllReasons = 1'000;  // more than there are features
constexpr std::size_t kWeighed = 3;                       // candidates that stand in the trace
constexpr std::size_t kMostClauses = 6;
// Where the rules hear danger too, a person is called unless the model all but rules it out: of 182 such
// messages to companies left out, 49 ordinary ones and none for a person lie below.
constexpr double kRuledOut = 0.01;

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
    urgency_ = nlu::urgency(normalised_);
    const auto alarm = alarm_of(normalised_, urgency_);
    sign_ = sign_of(normalised_);
    trace_["urgency"] = nlu::to_string(urgency_);
    trace_["sentiment"] = nlu::sentiment(text_);
    stage("understand");
    if (alarm == Alarm::kPerson || alarm == Alarm::kAlways) return hand_over(), Status{};
    if (alarm == Alarm::kHazard) {
      ZK_TRY(const bool called, hear_alarm(kRuledOut));
      if (called) return {};
    }
    const bool hazard = alarm == Alarm::kHazard && !weighed_;
    if (!hazard && resume_flow()) return in_flow();
    if (!state_.asked.empty()) {
      ZK_TRY(const bool done, take_words());
      if (done) return {};
    }
    if (const auto talk = nlu::small_talk(normalised_); talk != nlu::SmallTalk::kNone)
      return small_talk(talk), Status{};
    ZK_TRY(const bool called, hear_alarm(alarm_at()));
    if (called) return {};
    if (hazard) return answer_or_alarm();
    if (input_.intents) {
      ZK_TRY(const bool done, take_intent());
      if (done) return {};
    }
    const auto said = thread();
    if (sign_.unsolved && !said.empty()) return unsolved(said.front());
    if (!said.empty() && !sign_.elsewhere) return in_thread(said);
    return question(sign_.elsewhere ? sign_.rest : text_);
  }

  // What this message may hang on, nearest first: an ask-back still open, then the topics before.
  std::vector<Said> thread() const {
    std::vector<Said> said;
    if (!state_.asked.empty() && !state_.options.empty())
      said.push_back({state_.asked, state_.options.front(), state_.options});
    for (const auto& t : state_.topics) said.push_back({t.question, t.article_id, {}});
    return said;
  }

  void stage(std::string_view name) {
    const double ms = ms_since(stage_start_);
    stages_.push_back(json::object{{"name", name}, {"ms", ms}});
    reply_.stages.push_back({name, ms});
    stage_start_ = Time::now();
  }

  Result<answering::Finding> find(const std::string& text, bool clauses = true) {
    return answerer_.find({text, input_.now, input_.channel, clauses},
                          input_.target > 0 ? input_.target : options_.target);
  }

  Belief belief(const answering::Finding& f) {
    auto b = belief_of(f);
    versions().merge(b);
    return b;
  }
  const Versions& versions() {
    if (!versions_)
      versions_.emplace(answerer_.knowledge(), text::language(text_.empty() ? input_.locale : text_),
                        input_.now, input_.channel);
    return *versions_;
  }

  // The thresholds of the last finding go with the trace.
  void note(const answering::Finding& f, const Belief& b, std::string_view thread) {
    trace_["repaired"] = f.look.repaired;
    trace_["thread"] = thread;
    trace_["right"] = b.right;
    trace_["ambiguous"] = b.ambiguous;
    trace_["none"] = b.none;
    trace_["answer_at"] = f.operating.answer;
    trace_["word_for_word"] = f.word_for_word;
    trace_["candidates"] = weighed(b);
    explain_choice(f);
  }
  // The first and the second before a thread or language versions were looked at.
  void explain_choice(const answering::Finding& f) {
    json::array reasons, compared;
    const auto add = [&](const Explanation& e) {
      if (reasons.size() < kReasons)
        reasons.push_back(
            json::object{{"feature", e.aspect}, {"share", e.share}, {"zh", e.zh}, {"en", e.en}});
    };
    const auto count = std::min<std::size_t>(2, f.judgement.candidates.size());
    for (std::size_t i = 0; i < count; ++i) compared.push_back(json::value(f.id(i)));
    if (f.word_for_word) add(word_for_word(f.id(0)));
    if (count == 2)
      for (const auto& e : explain(answerer_.reasons(f, kAllReasons), f.id(0), f.id(1))) add(e);
    trace_["reasons"] = reasons;
    trace_["compared"] = compared;
  }
  json::array weighed(const Belief& b) const {
    json::array out;
    for (const auto& c : b.candidates) {
      if (out.size() == kWeighed) break;
      const auto at = answerer_.knowledge().find(c.article_id);
      out.push_back(json::object{{"article_id", c.article_id},
                                 {"question", at ? answerer_.knowledge().article(*at).question : ""},
                                 {"probability", c.probability}});
    }
    return out;
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
  Status answer(const std::string& wanted, std::string_view asked) {
    const std::string id = versions().of(wanted);
    const auto at = answerer_.knowledge().find(id);
    if (!at) return none();
    const auto& article = answerer_.knowledge().article(*at);
    if (const auto* f = asked.empty() ? nullptr : flow_for(article)) return start_flow(*f, asked);
    reply_.decision = Decision::kAnswer;
    reply_.article_id = id;
    if (language_ == "en" && !text_.empty() && article.language.starts_with("zh"))
      reply_.blocks = text_blocks(say_other_language());
    const auto& blocks = article.answer;
    reply_.blocks.insert(reply_.blocks.end(), blocks.begin(), blocks.end());
    state_.answered(asked, id);
    stage("compose");
    return {};
  }

  Status clarify(const Belief& b, std::string_view asked, std::vector<std::string> options) {
    if (lost_flow_) return hand_over_lost_flow(), Status{};
    candidates(b);
    take_out_declined(options);
    if (options.empty() || state_.rounds >= kMostRounds) return none();
    reply_.decision = Decision::kClarify;
    reply_.blocks = text_blocks(say_clarify(options.size(), language_));
    state_.rounds += 1;
    offer(asked, std::move(options));
    stage("compose");
    return {};
  }
  void take_out_declined(std::vector<std::string>& options) const {
    std::erase_if(options, [&](const auto& id) {
      return std::find(state_.declined.begin(), state_.declined.end(), id) != state_.declined.end() ||
             !answerer_.knowledge().find(id);
    });
  }
  // Buttons for these articles, and the memory of having asked.
  void offer(std::string_view asked, std::vector<std::string> options) {
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
    reply_.blocks.emplace_back(std::move(buttons));
    state_.asked = std::string(text::prefix(asked, 130));
    state_.options = std::move(options);
  }

  Status none() {
    if (lost_flow_) return hand_over_lost_flow(), Status{};
    reply_.decision = Decision::kNone;
    reply_.blocks = text_blocks(say_none(language_));
    reply_.blocks.emplace_back(ButtonsBlock{{{"human", label_person(language_)}}});
    state_.clear_pending();
    stage("compose");
    return {};
  }

  void hand_over() {
    reply_.decision = Decision::kHandover;
    const int urgent = nlu::priority(urgency_);
    reply_.priority = std::max(reply_.priority, urgent);
    const auto words = text_blocks(say_handover(urgent, language_));
    reply_.blocks.insert(reply_.blocks.end(), words.begin(), words.end());
    if (resume_flow()) reply_.note = flow_->title.zh + ": " + flow::known(*flow_, run_);
    state_.flow.clear();
    state_.clear_pending();
    stage("compose");
  }

  // --- flows ---
  // The one that takes the place of this article, or of the article it is a language version of.
  const flow::Flow* flow_for(const Article& article) const {
    if (!input_.flows || flow_) return nullptr;
    if (const auto* f = input_.flows->of_article(article.external_id)) return f;
    return article.translation_of.empty() ? nullptr : input_.flows->of_article(article.translation_of);
  }

  // The flow under way; false when there is none, or it is live no more. One that was changed since is gone
  // through again with what is known.
  bool resume_flow() {
    if (flow_) return true;
    if (state_.flow.empty() || !input_.flows) return false;
    run_ = flow::run_from_json(state_.flow);
    flow_ = input_.flows->named(run_.flow);
    if (!flow_) {
      lost_flow_ = true;
      state_.flow.clear();
    }
    if (!run_.language.empty()) language_ = run_.language;  // an order number alone says nothing of it
    if (flow_ && run_.fingerprint != flow_->fingerprint)
      run_ = {flow_->name, flow_->fingerprint, 0, {}, 0, run_.language, std::move(run_.values)};
    return flow_ != nullptr;
  }
  // What was asked for is asked no more, and this message is no other question that is sure: a person goes
  // on.
  void hand_over_lost_flow() {
    reply_.blocks = text_blocks(say_flow_gone(language_));
    hand_over();
    for (const auto& [name, value] : run_.values)
      reply_.note += fmt::format("{}{}: {}", reply_.note.empty() ? "" : "; ", name, value);
  }

  flow::Context context() const { return {input_.now, language_, input_.calls}; }

  Status start_flow(const flow::Flow& f, std::string_view asked) {
    flow_ = &f;
    run_ = flow::start(f, std::string(asked) + " " + text_, context());
    return say(flow::go_on(f, run_, context()));
  }

  // What the flow says; its question ends the turn, its end ends the flow.
  Status say(const flow::Outcome& out) {
    using End = flow::Outcome::End;
    for (const auto& words : out.said) reply_.blocks.emplace_back(TextBlock{words});
    reply_.sources.insert(reply_.sources.end(), out.said.begin(), out.said.end());
    reply_.flow = flow_->name;
    trace_["flow"] = json::object{{"name", flow_->name}, {"asked", run_.asked}, {"step", run_.at}};
    state_.clear_pending();
    if (out.end == End::kHandover) {
      state_.flow = flow::to_json(run_);
      return hand_over(), Status{};
    }
    if (out.end == End::kAnswered) {
      reply_.decision = Decision::kAnswer;
      reply_.article_id = flow_->article;
      state_.answered(flow_->title.in(language_), flow_->article);
      state_.flow.clear();
      return {};
    }
    reply_.decision = Decision::kClarify;
    if (!out.choices.empty()) {
      ButtonsBlock buttons;
      for (const auto& c : out.choices) buttons.choices.push_back({"flow:" + c.id, c.label.in(language_)});
      buttons.choices.push_back({"human", label_person(language_)});
      reply_.blocks.emplace_back(std::move(buttons));
    }
    state_.flow = flow::to_json(run_);
    if (state_.flow.size() > State::kMostFlowBytes) return hand_over(), Status{};
    stage("flow");
    return {};
  }

  // A message while a flow asks: the answer to it, giving it up, another question in between, or none of
  // these.
  Status in_flow() {
    ZK_TRY(const bool called, hear_alarm(alarm_at()));
    if (called) return {};
    if (flow::cancels(normalised_)) {
      state_.flow.clear();
      reply_.decision = Decision::kSmalltalk;
      reply_.blocks = text_blocks(say_given_up(language_));
      return {};
    }
    const auto* slot = flow_->slot(run_.asked);
    const bool free_text = slot && slot->type == flow::Type::kText;
    if (free_text) {
      ZK_TRY(const bool elsewhere, interrupted());
      if (elsewhere) return {};
    }
    if (slot && !slot->choices.empty())
      if (const auto n = ordinal_of(normalised_, static_cast<int>(slot->choices.size())); n > 0)
        flow::pick(*flow_, run_, slot->choices[static_cast<std::size_t>(n - 1)].id);
    if (flow::take(*flow_, run_, text_, sign_.correction, context()) || run_.asked.empty())
      return say(flow::go_on(*flow_, run_, context()));
    if (!free_text) {
      ZK_TRY(const bool elsewhere, interrupted());
      if (elsewhere) return {};
    }
    return say(flow::ask_again(*flow_, run_));
  }

  // Another question that is sure, or small talk, is met, and the flow asks on behind it.
  Result<bool> interrupted() {
    if (const auto talk = nlu::small_talk(normalised_); talk != nlu::SmallTalk::kNone) {
      small_talk(talk);
    } else {
      ZK_TRY(const auto f, find(sign_.rest));
      const auto b = belief(f);
      if (decide(b, f.operating) != Decision::kAnswer || b.candidates.front().article_id == flow_->article)
        return false;
      note(f, b, "interruption");
      ZK_TRY_STATUS(answer(b, b.candidates.front().article_id, sign_.rest));
    }
    const auto decision = reply_.decision;
    const auto article = reply_.article_id;
    run_.asked.clear();
    ZK_TRY_STATUS(say(flow::go_on(*flow_, run_, context())));
    reply_.decision = decision;
    reply_.article_id = article;
    return true;
  }

  void small_talk(nlu::SmallTalk kind) {
    reply_.decision = Decision::kSmalltalk;
    reply_.blocks = text_blocks(say_small_talk(kind, language_));
    stage("compose");
  }

  Status act(const Belief& b, std::string_view asked, const answering::Operating& at) {
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
      decline();
      return none();
    }
    constexpr std::string_view kArticle = "article:", kFlow = "flow:";
    if (input_.pick.starts_with(kFlow) &&
        resume_flow()) {  // a stale button: what is asked now is asked again
      flow::pick(*flow_, run_, std::string_view(input_.pick).substr(kFlow.size()));
      return say(flow::go_on(*flow_, run_, context()));
    }
    if (!input_.pick.starts_with(kArticle)) return none();
    reply_.probability = 1;
    return answer(input_.pick.substr(kArticle.size()), state_.asked);
  }

  // Words that take an option or none of them. False: they are no plain answer to what was asked back.
  Result<bool> take_words() {
    const auto offered = static_cast<int>(state_.options.size());
    if (is_none_of_these(normalised_)) {
      decline();
      ZK_TRY_STATUS(none());
      return true;
    }
    auto n = ordinal_of(normalised_, offered);
    if (n == 0 && is_yes(normalised_)) n = 1;
    if (n == 0 || n > offered) return false;
    reply_.probability = 1;
    ZK_TRY_STATUS(
        answer(std::string(state_.options[static_cast<std::size_t>(n - 1)]), std::string(state_.asked)));
    return true;
  }
  void decline() {
    state_.declined.insert(state_.declined.end(), state_.options.begin(), state_.options.end());
  }

  // What the company calls this message. Where that is sure its label and priority go with whatever is said,
  // and a flow or a person takes the turn. False: the message is answered.
  Result<bool> take_intent() {
    ZK_TRY(const auto seen, input_.intents->recognise(answerer_, sign_.rest));
    json::array found;
    for (const auto& c : seen.ranked)
      found.push_back(
          json::object{{"id", c.intent->id}, {"name", c.intent->name}, {"probability", c.probability}});
    trace_["intents"] = std::move(found);
    trace_["intent_at"] = seen.threshold;
    trace_["intent"] = seen.sure ? json::value(seen.sure->name) : json::value(nullptr);
    stage("intent");
    if (!seen.sure) return false;
    reply_.label = seen.sure->label;
    reply_.priority = seen.sure->priority;
    if (seen.sure->lead == intent::Lead::kFlow) {
      const auto* f = input_.flows && !lost_flow_ ? input_.flows->named(seen.sure->flow) : nullptr;
      if (!f) return false;
      reply_.probability = seen.ranked.front().probability;
      ZK_TRY_STATUS(start_flow(*f, text_));
      return true;
    }
    if (seen.sure->lead == intent::Lead::kNothing) return false;
    reply_.probability = seen.ranked.front().probability;
    reply_.team = seen.sure->team;
    hand_over();
    reply_.note = fmt::format("{}{}", say_intent(seen.sure->name, language_),
                              reply_.note.empty() ? "" : "\n" + reply_.note);
    return true;
  }

  double alarm_at() const { return answerer_.models().alarm ? answerer_.models().alarm->threshold() : 1; }
  // What the model hears goes to a person, unless an editor wrote just this question down.
  Result<bool> hear_alarm(double at) {
    if (weighed_) return false;
    ZK_TRY(const auto heard, answerer_.alarm(text_));
    if (!heard) return false;
    weighed_ = true;
    trace_["alarm"] =
        json::object{{"person", heard->person}, {"complaint", heard->complaint}, {"danger", heard->danger}};
    stage("alarm");
    if (heard->any() < at) return false;
    ZK_TRY(const auto f, find(text_));
    if (f.word_for_word) return false;
    const auto b = belief(f);  // for the agent: what it would have been answered from
    stage("retrieve");
    note(f, b, "alarm");
    candidates(b);
    if (urgency_ == nlu::Urgency::kNone) urgency_ = urgency_of(*heard);
    trace_["urgency"] = nlu::to_string(urgency_);
    hand_over();
    return true;
  }

  Status answer_or_alarm() {
    ZK_TRY(const auto f, find(text_));
    const auto b = belief(f);
    stage("retrieve");
    note(f, b, "danger");
    candidates(b);
    if (b.right >= f.operating.answer) return act(b, text_, f.operating);
    hand_over();
    return {};
  }

  // What was answered did not help: a question in the same breath may lead on; else a person. Never the same
  // answer again.
  Status unsolved(const Said& said) {
    const auto parts = answering::clauses(text_, kMostClauses);
    const auto last = text::normalise(parts.empty() ? text_ : parts.back());
    if (asks_something(last)) {
      auto sign = sign_of(last);
      ZK_TRY(const auto alone, find(sign.rest));
      ZK_TRY(auto read, read_in_thread(alone, sign, said, finder()));
      leave_out(read.belief, state_.given);
      stage("retrieve");
      note(alone, read.belief, "unsolved");
      if (read.belief.right >= options_.thread_answer)
        return answer(read.belief, read.belief.candidates.front().article_id, text_);
    }
    hand_over();
    return {};
  }

  Find finder() {
    return [this](const std::string& text) { return find(text, false); };
  }

  // What shows no sign of hanging on what was said is a question by itself, held to the same precision as the
  // first one, unless it may be the reply to what was asked back: no question itself.
  Status in_thread(const std::vector<Said>& said) {
    const bool signed_ = sign_.follows || sign_.points || sign_.correction || sign_.back;
    if (!signed_ && (state_.asked.empty() || asks_something(normalised_))) return question(text_);
    ZK_TRY(const auto alone, find(sign_.rest));
    if (!signed_ && belief(alone).right >= alone.operating.answer) return question(text_);
    std::optional<InThread> best;
    const std::size_t reach = sign_.back ? said.size() : 1;
    for (std::size_t t = 0; t < reach; ++t) {
      ZK_TRY(auto read, read_in_thread(alone, sign_, said[t], finder()));
      versions().merge(read.belief);
      if (!best || read.belief.right > best->belief.right) best = std::move(read);
    }
    stage("retrieve");
    note(alone, best->belief, sign_.correction ? "correction" : sign_.back ? "return" : "follow_up");
    trace_["thread_features"] = std::move(best->features);
    if (!state_.asked.empty()) abandon();
    auto at = alone.operating;
    at.answer = std::min(at.answer, signed_ ? options_.thread_answer : options_.unsigned_answer);
    at.none = options_.thread_none;
    return act(best->belief, best->question, at);
  }
  // What was asked back is left behind: a return may come to it.
  void abandon() {
    state_.topics.insert(state_.topics.begin(),
                         {state_.asked, state_.options.empty() ? "" : state_.options.front()});
    if (state_.topics.size() > State::kMostTopics) state_.topics.resize(State::kMostTopics);
    state_.asked.clear();
    state_.options.clear();
  }

  Status question(const std::string& asked) {
    ZK_TRY(const auto f, find(asked));
    const auto b = belief(f);
    stage("retrieve");
    note(f, b, "alone");
    if (!state_.asked.empty()) abandon();
    ZK_TRY(const bool answered, answer_parts(b, f.operating));
    if (answered) {
      candidates(b);
      return {};
    }
    return act(b, asked, f.operating);
  }

  // Several questions in one message: each that is sure is answered, in their order; of the others the first
  // is asked back behind the answers. False: none is sure.
  Result<bool> answer_parts(const Belief& whole, const answering::Operating& at) {
    const auto parts = nlu::questions(text_);
    if (parts.size() < 2) return false;
    std::vector<std::string> ids;
    const auto add = [&](const std::string& id) {
      if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
    };
    if (decide(whole, at) == Decision::kAnswer) add(whole.candidates.front().article_id);
    std::vector<std::pair<std::string, Belief>> open;
    for (const auto& part : parts) {
      ZK_TRY(const auto f, find(part));
      auto b = belief(f);
      const auto what = decide(b, f.operating);
      if (what == Decision::kAnswer)
        add(b.candidates.front().article_id);
      else if (what == Decision::kClarify)
        open.emplace_back(part, std::move(b));
    }
    if (ids.empty()) return false;
    trace_["parts"] = parts.size();
    for (const auto& id : ids) ZK_TRY_STATUS(answer(id, text_));
    reply_.article_id = versions().of(ids.front());
    reply_.also.assign(ids.begin() + 1, ids.end());
    offer_first(open, ids);
    return true;
  }
  void offer_first(const std::vector<std::pair<std::string, Belief>>& open,
                   const std::vector<std::string>& answered) {
    for (const auto& [part, b] : open) {
      auto options = options_of(b);
      if (std::find(answered.begin(), answered.end(), options.front()) != answered.end()) continue;
      std::erase_if(options, [&](const auto& id) {
        return std::find(answered.begin(), answered.end(), id) != answered.end();
      });
      take_out_declined(options);
      if (options.empty()) continue;
      auto lead = text_blocks(say_also(part, language_));
      reply_.blocks.insert(reply_.blocks.end(), lead.begin(), lead.end());
      return offer(part, std::move(options));
    }
  }

  const answering::Answerer& answerer_;
  const TurnInput& input_;
  const EngineOptions& options_;
  const std::string text_;
  State state_;
  std::string normalised_;
  std::string_view language_ = "zh";
  nlu::Urgency urgency_ = nlu::Urgency::kNone;
  bool weighed_ = false;  // the alarm model was asked
  Sign sign_;
  Reply reply_;
  std::optional<Versions> versions_;
  const flow::Flow* flow_ = nullptr;  // the one under way
  bool lost_flow_ = false;            // one was under way that is live no more
  flow::Run run_;
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
