// SPDX-License-Identifier: Apache-2.0
#include "tests/api/api_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <stdexcept>

#include "core/base/file.h"
#include "tests/support/tiny_checkpoint.h"

namespace greylag::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

std::string first_line(const std::filesystem::path& file) {
  const auto text = read_text_file(file, 4096);
  return text ? text->substr(0, text->find('\n')) : "";
}

tcp::socket connect(asio::io_context& io, int port) {
  tcp::socket socket(io);
  socket.connect({asio::ip::address_v4::loopback(), static_cast<uint16_t>(port)});
  return socket;
}

// Undoes chunked framing; nullopt-like empty with is_whole false while more must come.
std::string unchunk(std::string_view bytes, bool& is_whole) {
  std::string out;
  is_whole = false;
  while (true) {
    const size_t end = bytes.find("\r\n");
    size_t size = 0;
    if (end == std::string_view::npos) return out;
    std::from_chars(bytes.data(), bytes.data() + end, size, 16);
    if (bytes.size() < end + 4 + size) return out;
    if (size == 0) {
      is_whole = true;
      return out;
    }
    out += bytes.substr(end + 2, size);
    bytes.remove_prefix(end + 4 + size);
  }
}

// False while more bytes must come.
bool parse_reply(const std::string& bytes, ApiReply& reply) {
  const size_t end = bytes.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  reply.head = bytes.substr(0, end + 2);
  reply.status = std::stoi(reply.head.substr(9, 3));
  const std::string rest = bytes.substr(end + 4);
  if (reply.head.find("Transfer-Encoding: chunked") != std::string::npos) {
    bool is_whole = false;
    reply.body = unchunk(rest, is_whole);
    return is_whole;
  }
  reply.body = rest;
  const size_t at = reply.head.find("Content-Length: ");
  return at != std::string::npos && rest.size() >= std::stoull(reply.head.substr(at + 16));
}

}  // namespace

std::vector<std::string> ApiReply::events() const {
  std::vector<std::string> out;
  std::string_view rest = body;
  while (!rest.empty()) {
    const size_t end = rest.find("\n\n");
    const std::string_view event = rest.substr(0, end);
    if (event.starts_with("data: ")) out.emplace_back(event.substr(6));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 2);
  }
  return out;
}

ApiEngine::ApiEngine(const std::function<void(EngineOptions&)>& change) {
  auto home = Home::open(dir_ / "home");
  if (!home) throw std::runtime_error(home.error().message);
  EngineOptions options;
  options.home = *home;
  options.port = 0;
  options.threads = 1;
  options.trainer = dir_ / "no-trainer";
  if (!write_tiny_checkpoint(home->models() / "tiny.safetensors", {})) {
    throw std::runtime_error("cannot write the model");
  }
  if (change) change(options);
  auto engine = Engine::start(options);
  if (!engine) throw std::runtime_error(engine.error().message);
  engine_ = std::move(*engine);
  port_ = engine_->handshake().port;
  api_ = first_line(engine_->handshake().token_file);
  control_ = first_line(engine_->handshake().control_token_file);
}

ApiReply ApiEngine::raw(const std::string& bytes) const {
  asio::io_context io;
  tcp::socket socket(io);
  boost::system::error_code error;
  ApiReply reply;
  socket.connect({asio::ip::address_v4::loopback(), static_cast<uint16_t>(port_)}, error);
  if (error) return reply;                          // the engine has stopped
  asio::write(socket, asio::buffer(bytes), error);  // a refusal may come before all is sent
  std::string received;
  std::array<char, 65536> piece{};
  while (!parse_reply(received, reply)) {
    const size_t count = socket.read_some(asio::buffer(piece), error);
    if (error) break;
    received.append(piece.data(), count);
  }
  return reply;
}

std::string ApiEngine::request(const std::string& method, const std::string& path,
                               const std::string& body, const std::string& extra_headers) const {
  std::string bytes = method + " " + path +
                      " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port()) +
                      "\r\nAuthorization: Bearer " + control_ + "\r\n" + extra_headers;
  if (!body.empty()) {
    bytes +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return bytes + "\r\n" + body;
}

ApiReply ApiEngine::call(const std::string& method, const std::string& path,
                         const std::string& body, const std::string& extra_headers) const {
  return raw(request(method, path, body, extra_headers));
}

std::string ApiEngine::hang_up_after(const std::string& bytes, size_t size) const {
  asio::io_context io;
  tcp::socket socket = connect(io, port());
  asio::write(socket, asio::buffer(bytes));
  std::array<char, 256> piece{};
  std::string received;
  boost::system::error_code error;
  while (received.size() < size && !error) {
    const size_t count = socket.read_some(asio::buffer(piece), error);
    received.append(piece.data(), count);
  }
  return received;
}

}  // namespace greylag::test
