#include "answering/alarm.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <fstream>
#include <unordered_set>

#include "answering/dense.hpp"
#include "base/check.hpp"
#include "text/text.hpp"

namespace zk::answering {
namespace json = boost::json;
namespace {

constexpr std::string_view kFormat = "zhike-alarm-1";

tl::unexpected<Error> damaged(std::string_view what) {
  return fail(ErrorCode::kDataLoss, "the weights of the alarm model: " + std::string(what));
}

Result<std::vector<float>> floats(const json::value* v, std::size_t wanted) {
  if (!v || !v->is_array()) return damaged("a list of numbers is missing");
  std::vector<float> out;
  for (const auto& e : v->get_array()) {
    if (!e.is_number()) return damaged("a weight is no number");
    out.push_back(e.to_number<float>());
    if (!std::isfinite(out.back())) return damaged("a weight is not finite");
  }
  if (wanted != 0 && out.size() != wanted) return damaged("a row has another length than the others");
  return out;
}

}  // namespace

Result<std::shared_ptr<const AlarmModel>> AlarmModel::open(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, path + " cannot be read");
  std::string text(kMostBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return parse(text);
}

Result<std::shared_ptr<const AlarmModel>> AlarmModel::parse(std::string_view text) {
  if (text.size() > kMostBytes) return damaged("longer than 8 MiB");
  boost::system::error_code ec;
  const auto whole = json::parse(json::string_view(text.data(), text.size()), ec);
  if (ec || !whole.is_object()) return damaged("no JSON object");
  const auto& o = whole.get_object();
  const auto* format = o.if_contains("format");
  if (!format || !format->is_string() || std::string_view(format->get_string()) != kFormat)
    return damaged("not of this version");
  const auto* at = o.if_contains("at");
  const auto *rows = o.if_contains("sentence"), *grams = o.if_contains("grams");
  if (!at || !at->is_number() || !rows || !rows->is_array() || rows->get_array().size() != kClasses ||
      !grams || !grams->is_object())
    return damaged("a part is missing");
  auto out = std::shared_ptr<AlarmModel>(new AlarmModel);
  out->at_ = at->to_number<double>();
  ZK_TRY(const auto bias, floats(o.if_contains("bias"), kClasses));
  std::copy(bias.begin(), bias.end(), out->bias_.begin());
  for (const auto& row : rows->get_array()) {
    ZK_TRY(const auto weights, floats(&row, out->width_));
    out->width_ = weights.size();
    out->sentence_.insert(out->sentence_.end(), weights.begin(), weights.end());
  }
  for (const auto& [gram, weights] : grams->get_object()) {
    ZK_TRY(const auto row, floats(&weights, kClasses));
    std::copy(row.begin(), row.end(), out->grams_[std::string(gram)].begin());
  }
  return std::shared_ptr<const AlarmModel>(std::move(out));
}

AlarmReading AlarmModel::read(std::string_view normalised, std::span<const float> sentence) const {
  ZK_CHECK(sentence.size() == width_);
  std::array<double, kClasses> sums{};
  const auto grams = text::char_grams(std::string(normalised), 1, 3);
  const std::unordered_set<std::string> unique(grams.begin(), grams.end());
  for (const auto& gram : unique)
    if (const auto known = grams_.find(gram); known != grams_.end())
      for (std::size_t c = 0; c < kClasses; ++c) sums[c] += static_cast<double>(known->second[c]);
  const double scale = 1 / std::sqrt(static_cast<double>(std::max<std::size_t>(1, unique.size())));
  double most = -1e300, total = 0;
  for (std::size_t c = 0; c < kClasses; ++c) {
    sums[c] = sums[c] * scale + static_cast<double>(bias_[c]) +
              static_cast<double>(dot(sentence_.data() + c * width_, sentence.data(), width_));
    most = std::max(most, sums[c]);
  }
  for (double& s : sums) total += s = std::exp(s - most);
  return {sums[1] / total, sums[2] / total, sums[3] / total};
}

}  // namespace zk::answering
