// SPDX-License-Identifier: Apache-2.0
// A client that sends the bytes it is told and shows what comes back, with a deadline on every
// wait. One thread.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace greylag::test {

class RawClient {
 public:
  using tcp = boost::asio::ip::tcp;
  explicit RawClient(int port, bool is_v6 = false) {
    const auto number = static_cast<uint16_t>(port);
    if (is_v6)
      socket_.connect({boost::asio::ip::address_v6::loopback(), number}, error_);
    else
      socket_.connect({boost::asio::ip::address_v4::loopback(), number}, error_);
  }

  bool is_connected() const { return socket_.is_open() && !error_; }
  // False when the other side does not take them.
  bool send(std::string_view bytes) {
    boost::asio::write(socket_, boost::asio::buffer(bytes), error_);
    return !error_;
  }
  void end_sending() { socket_.shutdown(tcp::socket::shutdown_send, error_); }
  void close() { socket_.close(error_); }

  // Waits until `text` is among what came, and returns all that came so far; stops when the
  // connection ends or after `wait`.
  const std::string& read_until(std::string_view text,
                                std::chrono::seconds wait = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (received_.find(text) == std::string::npos && !has_ended_ && read_piece(deadline)) {
    }
    return received_;
  }
  // All that comes until the connection ends.
  const std::string& read_to_end(std::chrono::seconds wait = std::chrono::seconds(20)) {
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (!has_ended_ && read_piece(deadline)) {
    }
    return received_;
  }
  const std::string& received() const { return received_; }
  void forget() { received_.clear(); }
  // The other side has closed the connection; is_reset: it took unread bytes with it.
  bool has_ended() const { return has_ended_; }
  bool is_reset() const { return has_ended_ && error_ != boost::asio::error::eof; }

 private:
  bool read_piece(std::chrono::steady_clock::time_point deadline) {
    bool is_done = false;
    socket_.async_read_some(boost::asio::buffer(piece_),
                            [&](boost::system::error_code error, size_t size) {
                              is_done = true;
                              received_.append(piece_.data(), size);
                              if (error) {
                                has_ended_ = error != boost::asio::error::operation_aborted;
                                error_ = error;
                              }
                            });
    io_.restart();
    io_.run_until(deadline);
    if (is_done) return true;
    socket_.cancel();
    io_.restart();
    io_.run();
    return false;
  }

  boost::asio::io_context io_;
  tcp::socket socket_{io_};
  boost::system::error_code error_;
  std::array<char, 65536> piece_{};
  std::string received_;
  bool has_ended_ = false;
};

}  // namespace greylag::test
