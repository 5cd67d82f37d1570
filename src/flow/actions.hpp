// What call steps reach, by configuration: a table in the file itself, or an HTTP address (time-out, bounded
// answer, no internal addresses: connect/http_client.hpp). The file, YAML:
//
//   order:                                          # the action's name
//     url: https://erp.example.com/orders/{order}   # {name}: an argument, percent-encoded
//     method: GET                                   # or POST: the arguments as a JSON object
//     timeout_ms: 3000                              # 100 … 10000
//     headers: ["Authorization: Bearer …"]
//   price:
//     key: sku                                      # the argument looked up
//     rows: [{sku: A1, price: "10"}]                # at most 10,000
//
// The answer of an address must be a JSON object; its texts, numbers and booleans become values. Thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/run.hpp"

namespace zk::flow {

class Actions final : public Calls {
 public:
  // kInvalidArgument: "line 3: …".
  static Result<std::unique_ptr<Actions>> parse(std::string_view source, bool allow_internal);
  ~Actions() override;
  bool has(std::string_view action) const;
  // kNotFound: no such action, or no row; kUnavailable: the address said something else than 200 and an
  // object.
  Result<Values> call(std::string_view action, const Values& arguments) override;

 private:
  struct Action {
    std::string name;
    std::string url, method;  // url empty: a table
    std::vector<std::string> headers;
    std::chrono::milliseconds timeout{3'000};
    std::string key;
    std::vector<Values> rows;
  };
  struct Reader;
  Actions() = default;
  Result<Values> send(const Action& action, const Values& arguments) const;

  std::vector<Action> actions_;
  bool allow_internal_ = false;
};

}  // namespace zk::flow
