// Small steps that every list and every object of administration takes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "api/router.hpp"

namespace zk::api {

json::value iso(Timestamp t);  // null for "never"
template <class Tag>
json::value id_or_null(Id<Tag> id) {
  return id ? json::value(id.value) : json::value(nullptr);
}
json::value parsed(std::string_view text);  // JSON the server wrote itself; null if it is none

// A page of rows that come in the order of the integer in column 0: `query` takes ($1: the last one of the
// page before, $2: limit). `first` stands before the first row of the first page.
Result<json::object> page_by_id(const Context& c, const storage::Query& query, std::int64_t first,
                                const std::function<json::value(const storage::Row&)>& object);

// If-Match: "7", the version the caller edited. The last writer wins only over a version he has seen, so it
// is asked for: kInvalidArgument without it.
Result<std::int64_t> if_match(const Context& c);

// 404 that names the kind of thing.
tl::unexpected<Error> absent(std::string_view what);
// The given error said in the words of this endpoint when it is a conflict (a taken name, a row that is
// referred to).
Error conflict_as(Error error, std::string message, std::string field = {});

}  // namespace zk::api
