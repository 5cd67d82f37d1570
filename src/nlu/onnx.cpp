#include "nlu/onnx.hpp"

#include <algorithm>

#include "nlu/sha256.hpp"

#ifdef ZK_ONNX_RUNTIME
#define ORT_API_MANUAL_INIT
#include <dlfcn.h>
#include <onnxruntime_cxx_api.h>

#include <mutex>
#endif

namespace zk::nlu {

TokenBatch TokenBatch::pad(const std::vector<const Tokens*>& texts) {
  TokenBatch b;
  b.rows = texts.size();
  for (const auto* t : texts) b.columns = std::max(b.columns, t->ids.size());
  b.ids.assign(b.rows * b.columns, 0);
  b.mask = b.types = b.ids;
  for (std::size_t r = 0; r < b.rows; ++r) {
    const auto& t = *texts[r];
    const auto at = static_cast<std::ptrdiff_t>(r * b.columns);
    std::copy(t.ids.begin(), t.ids.end(), b.ids.begin() + at);
    std::copy(t.types.begin(), t.types.end(), b.types.begin() + at);
    std::fill_n(b.mask.begin() + at, t.ids.size(), 1);
  }
  return b;
}

Result<std::vector<float>> OnnxModel::run_rows(const std::vector<const Tokens*>& texts) const {
  ZK_TRY(auto out, run(TokenBatch::pad(texts)));
  if (out.shape.empty() || out.shape[0] != static_cast<std::int64_t>(texts.size()))
    return fail(ErrorCode::kInternal, "the model's output does not have one row a text");
  return std::move(out.values);
}

#ifdef ZK_ONNX_RUNTIME

bool neural_runtime_available() { return true; }

namespace {

// The runtime lives as long as the process: its own threads may outlast any static destructor of ours.
Status load_runtime(const std::filesystem::path& library) {
  static std::mutex mutex;
  static bool loaded = false;
  const std::lock_guard lock(mutex);
  if (loaded) return {};
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fail(ErrorCode::kNotFound,
                "model runtime " + library.string() + " cannot be loaded; run tools/setup", {}, dlerror());
  const auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
  const OrtApi* api = get_base ? get_base()->GetApi(ORT_API_VERSION) : nullptr;
  if (!api)
    return fail(ErrorCode::kUnavailable, "model runtime " + library.string() +
                                             " is older than this build needs (API " +
                                             std::to_string(ORT_API_VERSION) + "); run tools/setup");
  Ort::InitApi(api);
  loaded = true;
  return {};
}

Ort::Env& environment() {
  static auto* env = new Ort::Env(ORT_LOGGING_LEVEL_ERROR, "zhike");  // never destroyed: see load_runtime
  return *env;
}

Ort::SessionOptions session_options(int threads) {
  Ort::SessionOptions o;
  o.SetIntraOpNumThreads(threads);
  o.SetInterOpNumThreads(1);
  o.SetExecutionMode(ORT_SEQUENTIAL);
  o.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
  // Lengths differ from run to run: a kept pattern and a growing arena would only hold memory.
  o.DisableMemPattern();
  o.DisableCpuMemArena();
  o.AddConfigEntry("session.intra_op.allow_spinning", "0");
  // Without VNNI the int8 kernels would saturate and vectors would differ from processor to processor.
  o.AddConfigEntry("session.x64quantprecision", "1");
  return o;
}

}  // namespace

struct OnnxModel::Session {
  Ort::Session session{nullptr};
  std::vector<std::string> inputs;

  // Which of the batch's three arrays an input takes; nullptr for an input this project does not know.
  static std::vector<std::int64_t>* array_for(const std::string& name, TokenBatch& batch) {
    if (name == "input_ids") return &batch.ids;
    if (name == "attention_mask") return &batch.mask;
    if (name == "token_type_ids") return &batch.types;
    return nullptr;
  }
};

OnnxModel::OnnxModel(std::unique_ptr<Session> session, std::string sha256, std::string output,
                     std::int64_t width)
    : session_(std::move(session)),
      sha256_(std::move(sha256)),
      output_(std::move(output)),
      output_width_(width) {}
OnnxModel::~OnnxModel() = default;

Result<std::shared_ptr<OnnxModel>> OnnxModel::open(const std::filesystem::path& model,
                                                   const OnnxOptions& options) {
  if (options.threads < 1 || options.threads > 64)
    return fail(ErrorCode::kInvalidArgument, "threads of a model run must be 1 … 64", "threads");
  ZK_TRY(auto sha256, file_sha256(model));
  ZK_TRY_STATUS(
      load_runtime(options.runtime.empty() ? model.parent_path() / "libonnxruntime.so" : options.runtime));
  try {
    auto s = std::make_unique<Session>();
    s->session = Ort::Session(environment(), model.c_str(), session_options(options.threads));
    Ort::AllocatorWithDefaultOptions allocator;
    TokenBatch probe;
    for (std::size_t i = 0; i < s->session.GetInputCount(); ++i) {
      s->inputs.emplace_back(s->session.GetInputNameAllocated(i, allocator).get());
      const auto type = s->session.GetInputTypeInfo(i).GetTensorTypeAndShapeInfo().GetElementType();
      if (!Session::array_for(s->inputs.back(), probe) || type != ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64)
        return fail(ErrorCode::kDataLoss,
                    "model " + model.string() + " wants an input \"" + s->inputs.back() +
                        "\"; known are int64 input_ids, attention_mask, token_type_ids");
    }
    const auto out = s->session.GetOutputTypeInfo(0);
    const auto info = out.GetTensorTypeAndShapeInfo();
    if (info.GetElementType() != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT || info.GetDimensionsCount() == 0)
      return fail(ErrorCode::kDataLoss, "model " + model.string() + ": the first output is no float tensor");
    std::string output = s->session.GetOutputNameAllocated(0, allocator).get();
    const auto width = info.GetShape().back();
    return std::shared_ptr<OnnxModel>(
        new OnnxModel(std::move(s), std::move(sha256), std::move(output), width));
  } catch (const Ort::Exception& e) {
    return fail(ErrorCode::kDataLoss, "model " + model.string() + " is refused by the runtime", {}, e.what());
  }
}

Result<Tensor> OnnxModel::run(const TokenBatch& batch) const {
  try {
    auto& b = const_cast<TokenBatch&>(batch);  // the runtime wants mutable pointers to inputs it only reads
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    const std::int64_t shape[] = {static_cast<std::int64_t>(b.rows), static_cast<std::int64_t>(b.columns)};
    std::vector<Ort::Value> values;
    std::vector<const char*> names;
    for (const auto& name : session_->inputs) {
      auto& array = *Session::array_for(name, b);
      values.push_back(Ort::Value::CreateTensor<std::int64_t>(memory, array.data(), array.size(), shape, 2));
      names.push_back(name.c_str());
    }
    const char* output = output_.c_str();
    const auto results = session_->session.Run(Ort::RunOptions{nullptr}, names.data(), values.data(),
                                               values.size(), &output, 1);
    const auto info = results[0].GetTensorTypeAndShapeInfo();
    const float* data = results[0].GetTensorData<float>();
    return Tensor{info.GetShape(), std::vector<float>(data, data + info.GetElementCount())};
  } catch (const Ort::Exception& e) {
    return fail(ErrorCode::kInternal, "the model could not be run", {}, e.what());
  }
}

#else  // built without the runtime's headers: tools/setup --lexical-only

bool neural_runtime_available() { return false; }

struct OnnxModel::Session {};
OnnxModel::OnnxModel(std::unique_ptr<Session> session, std::string sha256, std::string output,
                     std::int64_t width)
    : session_(std::move(session)),
      sha256_(std::move(sha256)),
      output_(std::move(output)),
      output_width_(width) {}
OnnxModel::~OnnxModel() = default;

Result<std::shared_ptr<OnnxModel>> OnnxModel::open(const std::filesystem::path&, const OnnxOptions&) {
  return fail(ErrorCode::kUnavailable, "built without the model runtime; run tools/setup and build again");
}
Result<Tensor> OnnxModel::run(const TokenBatch&) const {
  return fail(ErrorCode::kUnavailable, "built without the model runtime; run tools/setup and build again");
}

#endif

}  // namespace zk::nlu
