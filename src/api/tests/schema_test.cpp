#include "api/schema.hpp"

#include <gtest/gtest.h>
#include <unicode/regex.h>

#include <boost/json.hpp>

#include "api/router.hpp"

namespace zk::api {
namespace {

const Schema kInner = is::object("", {{"color", is::color()}});
const Schema kDraft = is::object("Draft", {{"name", is::line(5), kRequired},
                                           {"size", is::integer(1, 10)},
                                           {"share", is::number(0, 1)},
                                           {"kind", is::one_of({"a", "b"})},
                                           {"note", is::nullable(is::text(0, 10))},
                                           {"at", is::time()},
                                           {"ids", is::list(is::id(), 2)},
                                           {"extra", is::map(is::any(), 2)},
                                           {"blocks", is::blocks()},
                                           {"inner", kInner}});

Result<Fields> read(std::string_view text) {
  auto value = parse_json(text);
  if (!value) return tl::unexpected(value.error());
  return Fields::read(kDraft, std::move(*value));
}
std::string fault(std::string_view text) {
  const auto r = read(text);
  return r ? "" : r.error().field + ": " + r.error().message;
}

TEST(Schema, EachFaultNamesTheFieldAndTheRemedy) {
  EXPECT_EQ(fault(R"({"name":"x"})"), "");
  EXPECT_EQ(fault(R"({})"), "/name: name is required");
  EXPECT_EQ(fault(R"([])"), ": the body must be a JSON object");
  EXPECT_EQ(fault(R"({"name":"x","colour":1})").substr(0, 36), "/colour: unknown field; known are: n");
  EXPECT_EQ(fault(R"({"name":"x","inner":{"color":"red"}})"),
            "/inner/color: color must be a colour like #2563eb");
  EXPECT_EQ(fault(R"({"name":""})"), "/name: name must have 1 to 5 characters");
  EXPECT_EQ(fault(R"({"name":"六个字的名字"})"), "/name: name must have 1 to 5 characters");
  EXPECT_EQ(fault(R"({"name":"五个字的名"})"), "");
  EXPECT_EQ(fault(R"({"name":"a\nb"})"), "/name: name must be one line with at least one visible character");
  EXPECT_EQ(fault(R"({"name":"x","size":0})"), "/size: size must be from 1 to 10");
  EXPECT_EQ(fault(R"({"name":"x","size":99999999999999999999})"), "/size: size must be a whole number");
  EXPECT_EQ(fault(R"({"name":"x","size":18446744073709551615})"),
            "/size: size must be a whole number from 1 to 10");
  EXPECT_EQ(fault(R"({"name":"x","size":1.5})"), "/size: size must be a whole number");
  EXPECT_EQ(fault(R"({"name":"x","size":2.0})"), "");
  EXPECT_EQ(fault(R"({"name":"x","share":1.5})"), "/share: share must be from 0 to 1");
  EXPECT_EQ(fault(R"({"name":"x","kind":"c"})"), "/kind: kind must be one of: a, b");
  EXPECT_EQ(fault(R"({"name":"x","kind":null})"), "/kind: kind must not be null");
  EXPECT_EQ(fault(R"({"name":"x","note":null})"), "");
  EXPECT_EQ(fault(R"({"name":"x","note":"a\u0000"})"), "/note: note must not contain NUL characters");
  EXPECT_EQ(fault(R"({"name":"x","at":"tomorrow"})").substr(0, 4), "/at:");
  EXPECT_EQ(fault(R"({"name":"x","ids":[1,0]})"), "/ids/1: 1 must be from 1 to 9223372036854775807");
  EXPECT_EQ(fault(R"({"name":"x","ids":[1,2,3]})"), "/ids: ids must have 0 to 2 elements");
  EXPECT_EQ(fault(R"({"name":"x","extra":{"a":1,"b":[],"c":{}}})"),
            "/extra: extra must have at most 2 members");
  EXPECT_EQ(fault(R"({"name":"x","blocks":[{"type":"text"}]})"), "/blocks/0/text: text is missing");
  EXPECT_EQ(fault(R"({"name":"x","a/b~c":1})").substr(0, 9), "/a~1b~0c:");
}

TEST(Schema, ReadsWhatWasGiven) {
  const auto f = read(
      R"({"name":"名字","size":2.0,"note":null,"ids":[3,4],"at":"2026-11-23","blocks":[{"type":"text","text":"hi"}]})");
  ASSERT_TRUE(f);
  EXPECT_EQ(f->text("name"), "名字");
  EXPECT_EQ(f->integer("size"), 2);
  EXPECT_EQ(f->number("share", 0.5), 0.5);
  EXPECT_TRUE(f->has("note"));
  EXPECT_TRUE(f->is_null("note"));
  EXPECT_EQ(f->text("note", "none"), "none");
  EXPECT_FALSE(f->has("extra"));
  EXPECT_EQ(f->integers("ids"), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(to_iso8601(f->time("at")), "2026-11-23T00:00:00.000000Z");
  EXPECT_EQ(plain_text(f->blocks("blocks")), "hi");
  EXPECT_DEATH(f->text("nmae"), "internal check failed");
  EXPECT_DEATH(f->integer("name"), "internal check failed");
}

TEST(Schema, NotJson) {
  for (const char* bad : {"", "{", "{}x", "{\"a\":1,}", "\xff", "{\"a\":\"\\ud800\"}", "nul"})
    EXPECT_EQ(parse_json(bad).error().code, ErrorCode::kMalformed) << bad;
  EXPECT_FALSE(parse_json(std::string(40, '[') + std::string(40, ']')));
  EXPECT_TRUE(parse_json(std::string(30, '[') + std::string(30, ']')));
}

// The pattern told to clients and the check of the server agree.
TEST(Schema, PatternsSayWhatIsChecked) {
  const std::vector<std::string> samples = {"",
                                            " ",
                                            "a",
                                            "a b",
                                            "\t",
                                            "a\nb",
                                            "名字",
                                            "é",
                                            "\x7f",
                                            "a@b",
                                            "a@b.c",
                                            "a@b..c",
                                            "@b.c",
                                            "a@",
                                            "a@b.",
                                            "a@.b",
                                            "a@b@c",
                                            "a b@c.d",
                                            "li.na+x@ex-ample.com",
                                            "#12aBcD",
                                            "#12345",
                                            "#12345g",
                                            "https://a",
                                            "http://a.b/c?d=e#f",
                                            "https://",
                                            "ftp://a",
                                            "https:// a",
                                            "https://a\"b",
                                            "https://[::1]/",
                                            "https://-a",
                                            "HTTPS://a",
                                            "https://a\\b",
                                            "https://é",
                                            "https://a/{b}",
                                            "zh-CN",
                                            "zh",
                                            "z",
                                            "zh-",
                                            "zh-C",
                                            "en-GB-x",
                                            "EN",
                                            "zh_CN",
                                            "deu",
                                            "abcd",
                                            "a-b_c.d:e~f",
                                            "a/b",
                                            "a b c",
                                            "---", "\"7\"", "7", "\"x\"", "\"\"", "\"1234567890123456789\"",
                                            "https://a/<x>",
                                            "https://a/`x`|"};
  for (const auto format : {Format::kPlain, Format::kLine, Format::kEmail, Format::kColor, Format::kUrl,
                            Format::kLocale, Format::kToken, Format::kETag}) {
    UErrorCode error = U_ZERO_ERROR;
    const auto text = icu::UnicodeString::fromUTF8(std::string(pattern(format)));
    const icu::RegexPattern* compiled = icu::RegexPattern::compile(text, 0, error);
    ASSERT_TRUE(U_SUCCESS(error)) << pattern(format);
    const SchemaNode schema{.kind = Kind::kText, .max = 1000, .format = format};
    for (const auto& sample : samples) {
      const auto input = icu::UnicodeString::fromUTF8(sample);
      const std::unique_ptr<icu::RegexMatcher> matcher(compiled->matcher(input, error));
      json::value v(sample);
      EXPECT_EQ(check(schema, v).has_value(), matcher->find() != 0)
          << pattern(format) << " and \"" << sample << "\"";
    }
    delete compiled;
  }
}

TEST(Cursor, ComesBackAndRefusesOthers) {
  EXPECT_EQ(read_cursor(cursor({5, -7}), 2).value(), (std::vector<std::int64_t>{5, -7}));
  for (const auto& bad :
       {std::string("x"), cursor({5}), cursor({5, 6, 7}), std::string(), cursor({1, 2}) + "A"})
    EXPECT_EQ(read_cursor(bad, 2).error().field, "/cursor") << bad;
}

Route route(Method method, std::string path) {
  return {.method = method,
          .path = std::move(path),
          .access = Permission::kPublic,
          .summary = "",
          .handler = [](Context&) -> Result<Reply> { return Reply{}; }};
}

TEST(Router, FindsByMethodAndPath) {
  const Router router({route(Method::kGet, "/a"), route(Method::kPost, "/a"), route(Method::kGet, "/a/{id}"),
                       route(Method::kGet, "/a/special"), route(Method::kGet, "/a/{id}/b/{name}")});
  EXPECT_EQ(router.find("GET", "/a").route->path, "/a");
  EXPECT_EQ(router.find("HEAD", "/a").route->path, "/a");
  EXPECT_EQ(router.find("POST", "/a").route->method, Method::kPost);
  EXPECT_EQ(router.find("GET", "/a/special").route->path, "/a/special");
  const auto match = router.find("GET", "/a/7/b/x%y");
  EXPECT_EQ(match.route->path, "/a/{id}/b/{name}");
  EXPECT_EQ(match.values, (std::vector<std::string_view>{"7", "x%y"}));
  EXPECT_EQ(router.find("DELETE", "/a").route, nullptr);
  EXPECT_EQ(router.find("DELETE", "/a").allowed.size(), 2u);
  for (const char* none : {"", "/", "/b", "/a/", "/a/7/b", "a", "/a/7/b/c/d"}) {
    EXPECT_EQ(router.find("GET", none).route, nullptr) << none;
    EXPECT_TRUE(router.find("GET", none).allowed.empty()) << none;
  }
  EXPECT_DEATH(Router({route(Method::kGet, "/a/{id}"), route(Method::kGet, "/a/{name}")}),
               "internal check failed");
}

}  // namespace
}  // namespace zk::api
