// Build tool: pack OUT ROOT FILE…   packs web pages with brotli and gzip for gateway::StaticSite (the format
// is there).
#include <brotli/encode.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string gzip(const std::string& in) {
  z_stream z{};
  if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string out(deflateBound(&z, in.size()), '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  z.avail_in = static_cast<uInt>(in.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? z.total_out : 0);
  deflateEnd(&z);
  return out;
}

std::string brotli(const std::string& in) {
  std::size_t size = BrotliEncoderMaxCompressedSize(in.size());
  std::string out(size, '\0');
  const bool done = BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_TEXT,
                                          in.size(), reinterpret_cast<const std::uint8_t*>(in.data()), &size,
                                          reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE;
  out.resize(done ? size : 0);
  return out;
}

// FNV-1a, 64 bits: tells one build's file from another's; not a defence against anybody.
std::string etag(const std::string& in) {
  std::uint64_t h = 0xcbf29ce484222325ull;
  for (const unsigned char c : in) h = (h ^ c) * 0x100000001b3ull;
  char text[24];
  std::snprintf(text, sizeof text, "\"%016llx\"", static_cast<unsigned long long>(h));
  return text;
}

void put(std::ofstream& out, std::uint32_t n) { out.write(reinterpret_cast<const char*>(&n), 4); }
void put(std::ofstream& out, const std::string& text) {
  put(out, static_cast<std::uint32_t>(text.size()));
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: pack OUT ROOT FILE…\n");
    return 64;
  }
  std::vector<std::filesystem::path> files(argv + 3, argv + argc);
  std::sort(files.begin(), files.end());
  std::ofstream out(argv[1], std::ios::binary);
  out.write("ZKPACK1\n", 8);
  put(out, static_cast<std::uint32_t>(files.size()));
  for (const auto& file : files) {
    const std::string bytes = read(file);
    const std::string path = "/" + std::filesystem::relative(file, argv[2]).generic_string();
    std::string zipped = gzip(bytes), brotlied = brotli(bytes);
    // Pictures and fonts are compressed already; a tenth saved is not worth a decoding.
    if (zipped.size() > bytes.size() * 9 / 10) zipped.clear();
    if (brotlied.size() > bytes.size() * 9 / 10) brotlied.clear();
    for (const std::string& part : {path, etag(bytes), bytes, zipped, brotlied}) put(out, part);
  }
  out.close();
  if (!out) {
    std::fprintf(stderr, "pack: cannot write %s\n", argv[1]);
    return 73;
  }
  return 0;
}
