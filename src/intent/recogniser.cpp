#include "intent/recogniser.hpp"

#include <algorithm>
#include <map>

#include "answering/terms.hpp"
#include "text/text.hpp"

namespace zk::intent {
namespace {

constexpr double kWordForWord = 0.995;  // of an example, said as it was written
constexpr double kNoneToOne = 2;
constexpr double kNever = 1.01;  // above every probability
constexpr std::size_t kMostOverlaps = 50;
constexpr std::size_t kFewestOfArticle = 2;  // questions that tell what an article is about

std::string label_of(const Intent& i) { return std::to_string(i.id); }

// That it is this intent, and any at all.
double probability(const nlu::IntentPrediction& p, std::size_t rank) {
  return p.ranked[rank].probability * p.in_scope;
}

// A text judged while it was left out.
struct Judged {
  double probability = 0;
  bool right = false;
  double weight = 1;
};

// The lowest threshold above which what was left out is right often enough.
double threshold_of(std::vector<Judged> judged) {
  std::sort(judged.begin(), judged.end(), [](const Judged& a, const Judged& b) {
    return a.probability != b.probability ? a.probability > b.probability : a.right < b.right;
  });
  double out = kNever, right = 0, all = 0;
  for (const auto& j : judged) {
    if (j.probability < kLeastThreshold) break;
    right += j.right ? j.weight : 0;
    all += j.weight;
    if (right >= kPrecision * all) out = j.probability;
  }
  return out;
}

}  // namespace

std::vector<Question> none_of(const answering::Answerer& answerer, const std::vector<Intent>& intents,
                              const flow::Book& flows) {
  const auto& kb = answerer.knowledge();
  std::unordered_map<std::string, bool> examples;  // letters
  std::vector<std::string> articles;
  for (const auto& i : intents) {
    for (const auto& e : i.examples) examples[answering::letters(text::normalise(e))] = true;
    if (const auto* f = i.lead == Lead::kFlow ? flows.named(i.flow) : nullptr) articles.push_back(f->article);
  }
  std::vector<std::size_t> asked;
  std::size_t deepest = 0;
  for (std::size_t a = 0; a < kb.size(); ++a) {
    const auto& article = kb.article(a);
    const auto is = [&](const std::string& id) {
      return id == article.external_id || (!id.empty() && id == article.translation_of);
    };
    if (std::any_of(articles.begin(), articles.end(), is)) continue;
    asked.push_back(a);
    deepest = std::max(deepest, kb.prepared(a).questions);
  }
  std::vector<Question> out;
  for (std::size_t depth = 0; depth < deepest; ++depth)
    for (const auto a : asked) {
      const auto& p = kb.prepared(a);
      if (depth >= p.questions || examples.contains(answering::letters(p.texts[depth]))) continue;
      if (out.size() == kMostNone) return out;
      out.push_back({kb.article(a).external_id, p.texts[depth]});
    }
  return out;
}

// What is trained on, in the order of the models' held_out().
struct Recogniser::Texts {
  std::vector<std::string> examples, labels;
  std::vector<const Intent*> truth;  // of the examples
  std::vector<std::string> written;  // the examples as the editor sees them
  std::vector<Question> questions;   // of no intent
  std::vector<std::string> none;     // their texts
  std::vector<std::uint32_t> articles;

  void take(std::vector<Question> some) {
    questions = std::move(some);
    none.clear();
    articles.clear();
    std::unordered_map<std::string, std::uint32_t> known;
    for (const auto& q : questions) {
      none.push_back(q.text);
      articles.push_back(known.emplace(q.article, static_cast<std::uint32_t>(known.size())).first->second);
    }
  }
};

// Drops the questions of articles that are about what an intent is about; first_ has judged them.
void Recogniser::leave_to_intents(Texts& texts) {
  struct Seen {
    std::size_t questions = 0, alike = 0;
    Report::Overlap surest;
  };
  std::map<std::string, Seen> seen;
  for (std::size_t i = 0; i < texts.questions.size(); ++i) {
    const auto& p = first_.model->held_out_none()[i];
    if (p.intent.empty()) continue;
    auto& s = seen[texts.questions[i].article];
    const double sure = probability(p, 0);
    ++s.questions;
    s.alike += sure >= kLeastThreshold ? 1 : 0;
    if (sure > s.surest.probability)
      s.surest = {texts.questions[i].article, texts.questions[i].text, named(p.intent)->id, sure};
  }
  std::vector<Question> others;
  for (const auto& q : texts.questions) {
    const auto at = seen.find(q.article);
    const bool alike = at != seen.end() && at->second.alike >= kFewestOfArticle &&
                       2 * at->second.alike >= at->second.questions;
    if (!alike) others.push_back(q);
  }
  for (const auto& [article, s] : seen)
    if (s.alike >= kFewestOfArticle && 2 * s.alike >= s.questions) report_.overlaps.push_back(s.surest);
  // One intent must stand beside something.
  if (!others.empty() || intents_.size() > 1) texts.take(std::move(others));
}

// What the threshold is set from: the texts this encoder will read, as they were judged left out. A knowledge
// base has any number of questions: they count as if kNoneToOne messages without an intent came to one with.
double Recogniser::threshold_for(const Texts& texts, const nlu::IntentModel& model, Language reads) {
  const auto read = [&](const std::string& text) {
    return reads == Language::kAny || text::has_han(text) == (reads == Language::kChinese);
  };
  std::vector<Judged> out;
  for (std::size_t i = 0; i < texts.examples.size(); ++i)
    if (const auto& p = model.held_out()[i]; !p.intent.empty() && read(texts.examples[i]))
      out.push_back({probability(p, 0), p.intent == texts.labels[i]});
  const auto examples = static_cast<double>(out.size());
  const auto none = static_cast<double>(std::count_if(texts.none.begin(), texts.none.end(), read));
  const double weight = none > 0 ? std::min(1.0, kNoneToOne * examples / none) : 1;
  for (std::size_t i = 0; i < texts.none.size(); ++i)
    if (const auto& p = model.held_out_none()[i]; !p.intent.empty() && read(texts.none[i]))
      out.push_back({probability(p, 0), false, weight});
  return threshold_of(std::move(out));
}

// Judged by what was left out: `whole_articles` at a time, to see what an article is about, or question by
// question, as customers' questions mostly have others like them in the knowledge base.
Result<Recogniser::Reader> Recogniser::train_one(const Texts& texts, const answering::Encoders& encoders,
                                                 Language reads, bool whole_articles) {
  nlu::IntentTexts examples{texts.examples, {}, {}}, none{texts.none, {}, {}};
  if (whole_articles) none.groups = texts.articles;
  for (const auto& reader : encoders)
    for (auto* part : {&examples, &none}) {
      ZK_TRY(const auto read, reader->articles(part->texts));
      part->sentences.push_back(answering::sentence_rows(read));
    }
  Reader out;
  ZK_TRY(out.model, nlu::IntentModel::train(examples, texts.labels, none));
  out.threshold = threshold_for(texts, *out.model, reads);
  return out;
}

Result<std::shared_ptr<const Recogniser>> Recogniser::train(std::vector<Intent> intents,
                                                            const std::vector<Question>& none,
                                                            const answering::Models& models) {
  std::erase_if(intents, [](const Intent& i) { return i.examples.size() < kFewestExamples; });
  if (intents.empty() || (intents.size() == 1 && none.empty()))
    return fail(ErrorCode::kPreconditionFailed,
                "there are too few examples: an intent needs 5, and another intent or an article beside it");
  std::shared_ptr<Recogniser> out(new Recogniser);
  out->intents_ = std::move(intents);
  Texts texts;
  texts.take(none);
  std::unordered_map<std::string, bool> twice;
  for (const auto& i : out->intents_) {
    out->by_label_.emplace(label_of(i), &i);
    for (const auto& e : i.examples) {
      texts.examples.push_back(text::normalise(e));
      texts.labels.push_back(label_of(i));
      texts.truth.push_back(&i);
      texts.written.push_back(e);
      const auto letters = answering::letters(texts.examples.back());
      const auto [known, fresh] = out->word_for_word_.emplace(letters, &i);
      if (!fresh && known->second != &i) twice[letters] = true;
    }
  }
  for (const auto& [letters, _] : twice) out->word_for_word_.erase(letters);
  if (!none.empty()) {
    ZK_TRY(out->first_, train_one(texts, models.encoders, Language::kAny, true));
    out->leave_to_intents(texts);
  }
  const bool foreign = !models.multilingual.empty() &&
                       !std::all_of(texts.examples.begin(), texts.examples.end(), text::has_han);
  ZK_TRY(out->first_, train_one(texts, models.encoders, foreign ? Language::kChinese : Language::kAny));
  if (!models.multilingual.empty()) {
    ZK_TRY(out->other_, train_one(texts, models.multilingual, foreign ? Language::kOther : Language::kAny));
  }
  out->make_report(texts);
  return std::shared_ptr<const Recogniser>(std::move(out));
}

const Intent* Recogniser::named(const std::string& label) const {
  const auto at = by_label_.find(label);
  return at == by_label_.end() ? nullptr : at->second;
}

// Each text by the encoder that would read it from a customer.
void Recogniser::make_report(const Texts& texts) {
  std::map<const Intent*, Report::OfIntent> of;
  std::map<std::pair<const Intent*, const Intent*>, std::size_t> confused;
  auto& r = report_;
  for (std::size_t i = 0; i < texts.examples.size(); ++i) {
    const bool other = other_.model && !text::has_han(texts.examples[i]);
    const auto& p = (other ? other_ : first_).model->held_out()[i];
    if (p.intent.empty()) continue;
    const auto* truth = texts.truth[i];
    const auto* taken = named(p.intent);
    const bool sure = probability(p, 0) >= threshold(other);
    auto& mine = of[truth];
    ++r.examples, ++mine.examples;
    r.sure += sure ? 1 : 0;
    if (taken == truth) {
      ++r.right, ++mine.right;
      mine.sure += sure ? 1 : 0;
      r.sure_right += sure ? 1 : 0;
      continue;
    }
    ++confused[{truth, taken}];
    if (p.ranked[0].probability >= 0.5)
      r.doubts.push_back({truth->id, taken->id, texts.written[i], p.ranked[0].probability});
  }
  for (std::size_t i = 0; i < texts.none.size(); ++i) {
    const bool other = other_.model && !text::has_han(texts.none[i]);
    const auto& p = (other ? other_ : first_).model->held_out_none()[i];
    if (p.intent.empty()) continue;
    ++r.questions;
    if (probability(p, 0) < threshold(other)) continue;
    ++r.sure, ++r.taken;
  }
  for (const auto& i : intents_) {
    auto& mine = of[&i];
    mine.id = i.id;
    r.intents.push_back(mine);
  }
  for (const auto& [pair, count] : confused) r.confusions.push_back({pair.first->id, pair.second->id, count});
  std::stable_sort(r.confusions.begin(), r.confusions.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  const auto surer = [](const auto& a, const auto& b) { return a.probability > b.probability; };
  std::stable_sort(r.doubts.begin(), r.doubts.end(), surer);
  std::stable_sort(r.overlaps.begin(), r.overlaps.end(), surer);
  if (r.doubts.size() > kMostDoubts) r.doubts.resize(kMostDoubts);
  if (r.overlaps.size() > kMostOverlaps) r.overlaps.resize(kMostOverlaps);
}

Result<Recognition> Recogniser::recognise(const answering::Answerer& answerer,
                                          const std::string& question) const {
  ZK_TRY(auto read, answerer.read(question));
  const bool other = read.other_language && other_.model;
  const std::vector<std::string> asked = {read.text};
  const auto predicted = (other ? other_ : first_).model->predict({asked, std::move(read.vectors)});
  Recognition out{.ranked = {}, .threshold = threshold(other)};
  for (std::size_t r = 0; r < predicted[0].ranked.size(); ++r)
    out.ranked.push_back({named(predicted[0].ranked[r].intent), probability(predicted[0], r)});
  if (const auto at = word_for_word_.find(answering::letters(text::normalise(question)));
      at != word_for_word_.end()) {
    std::erase_if(out.ranked, [&](const Candidate& c) { return c.intent == at->second; });
    for (auto& c : out.ranked) c.probability = std::min(c.probability, 1 - kWordForWord);
    out.ranked.insert(out.ranked.begin(), {at->second, kWordForWord});
    if (out.ranked.size() > nlu::IntentModel::kMostRanked) out.ranked.pop_back();
    out.sure = at->second;
  } else if (out.ranked[0].probability >= out.threshold) {
    out.sure = out.ranked[0].intent;
  }
  return out;
}

}  // namespace zk::intent
