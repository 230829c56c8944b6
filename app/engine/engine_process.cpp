// SPDX-License-Identifier: GPL-3.0-or-later
// Starts, watches and restarts greylag-engine.
#include "app/engine/engine_process.h"

#include <QFileInfo>
#include <QStringList>
#include <QTcpServer>

#include "core/base/file.h"
#include "core/base/platform.h"
#include "core/protocol/codec.h"

using greylag::protocol::Handshake;

namespace {
constexpr qsizetype kTailChars = 8000;
constexpr int kStopWaitMs = 3000;
constexpr int kHandshakeLimit = 65'536;
constexpr uint64_t kRecordLimit = 65'536;

QString toQString(const std::filesystem::path& path) {
  return QString::fromStdString(greylag::path_to_utf8(path));
}

// Only "address in use" counts: where there is no IPv6, nobody holds the port there.
bool isTaken(int port) {
  for (const QHostAddress::SpecialAddress address :
       {QHostAddress::LocalHost, QHostAddress::LocalHostIPv6}) {
    QTcpServer probe;
    if (!probe.listen(address, static_cast<quint16>(port)) &&
        probe.serverError() == QAbstractSocket::AddressInUseError) {
      return true;
    }
  }
  return false;
}

QString engineBesideTheApp() {
#ifdef Q_OS_WIN
  const char* name = "greylag-engine.exe";
#else
  const char* name = "greylag-engine";
#endif
  return toQString(greylag::platform::executable_dir() / name);
}
}  // namespace

EngineProcess::EngineProcess(greylag::Home home, const QString& program, QObject* parent)
    : QObject(parent),
      m_home(std::move(home)),
      m_program(program.isEmpty() ? engineBesideTheApp() : program) {
  m_clock.start();
  m_restartTimer.setSingleShot(true);
  connect(&m_restartTimer, &QTimer::timeout, this, &EngineProcess::launch);
}

EngineProcess::~EngineProcess() { stop(); }

std::optional<Handshake> EngineProcess::liveRecord() const {
  const auto text = greylag::read_text_file(m_home.engine_record(), kRecordLimit);
  if (!text.ok()) {
    return std::nullopt;
  }
  const auto record = greylag::protocol::decode<Handshake>(*text);
  if (!record.ok() || record->protocol != greylag::protocol::kProtocolVersion ||
      record->port <= 0) {
    return std::nullopt;
  }
  const auto mark = greylag::platform::process_start_mark(record->pid);
  if (!mark || *mark != record->start_mark) {
    return std::nullopt;  // gone; the pid may be another program's by now
  }
  return *record;
}

int EngineProcess::configuredPort() const {
  const auto text = greylag::read_text_file(m_home.engine_settings(), uint64_t{1} << 20);
  if (text.ok()) {
    const auto settings = greylag::protocol::decode<greylag::protocol::EngineSettings>(*text);
    if (settings.ok()) {
      return settings->port;
    }
  }
  return greylag::protocol::kDefaultPort;
}

void EngineProcess::start() {
  m_crashTimes.clear();
  if (!m_process) {
    launch();
  }
}

void EngineProcess::launch() {
  m_restartTimer.stop();
  if (!QFileInfo(m_program).isExecutable()) {
    emit gaveUp(tr("The program %1 is missing. Install Greylag again.")
                    .arg(QFileInfo(m_program).fileName()));
    return;
  }
  m_stdout.clear();
  m_stderrTail.clear();
  m_hasHandshake = false;
  m_process = new QProcess(this);
  connect(m_process, &QProcess::readyReadStandardOutput, this, &EngineProcess::readHandshake);
  connect(m_process, &QProcess::readyReadStandardError, this, &EngineProcess::readStderr);
  connect(m_process, &QProcess::finished, this, [this](int code, QProcess::ExitStatus status) {
    handleEnd(status == QProcess::CrashExit ? tr("The engine crashed.")
                                            : tr("The engine ended with code %1.").arg(code));
  });
  connect(m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
    if (error == QProcess::FailedToStart) {
      handleEnd(tr("The engine could not be started: %1").arg(m_process->errorString()));
    }
  });
#if defined(Q_OS_UNIX)
  // Between fork and exec. Qt's own pipes are close-on-exec already, and stay so.
  m_process->setChildProcessModifier([] { greylag::platform::keep_descriptors_from_children(); });
#endif
  const int wanted = configuredPort();
  m_takenPort = wanted > 0 && isTaken(wanted) ? wanted : 0;
  m_process->start(m_program,
                   {QStringLiteral("serve"), QStringLiteral("--home"), toQString(m_home.root),
                    QStringLiteral("--port"), QString::number(m_takenPort > 0 ? 0 : wanted),
                    QStringLiteral("--parent-pipe")});
}

void EngineProcess::readHandshake() {
  if (m_hasHandshake) {
    m_process->readAllStandardOutput();
    return;
  }
  m_stdout += m_process->readAllStandardOutput();
  const qsizetype end = m_stdout.indexOf('\n');
  if (end < 0 && m_stdout.size() < kHandshakeLimit) {
    return;
  }
  const auto handshake = greylag::protocol::decode<Handshake>(m_stdout.left(end).toStdString());
  if (!handshake.ok() || handshake->port <= 0 ||
      handshake->protocol != greylag::protocol::kProtocolVersion) {
    const QString program = QFileInfo(m_program).fileName();
    stop();
    emit gaveUp(tr("%1 belongs to another version of Greylag. Install both from one package.")
                    .arg(program));
    return;
  }
  m_hasHandshake = true;
  emit ready(*handshake);
}

void EngineProcess::readStderr() {
  m_stderrTail += QString::fromUtf8(m_process->readAllStandardError());
  if (m_stderrTail.size() > kTailChars) {
    m_stderrTail = m_stderrTail.right(kTailChars);
    m_stderrTail.remove(0, m_stderrTail.indexOf(QLatin1Char('\n')) + 1);
  }
}

// What the engine says of its end: a log line of level error, or the last word of the command line
// (core/base/log.cpp, core/cli/output.h). Whatever else it wrote last is no reason.
QString EngineProcess::lastError() const {
  const QStringList lines = m_stderrTail.split(QLatin1Char('\n'));
  for (auto line = lines.crbegin(); line != lines.crend(); ++line) {
    if (line->startsWith(QLatin1String("error "))) {
      return line->section(QLatin1Char(' '), 2);
    }
    if (line->startsWith(QLatin1String("greylag-engine: "))) {
      return line->section(QLatin1Char(' '), 1);
    }
  }
  return {};
}

void EngineProcess::handleEnd(const QString& reason) {
  readStderr();
  m_process->disconnect(this);
  m_process->deleteLater();
  m_process = nullptr;
  const qint64 now = m_clock.elapsed();
  m_crashTimes.append(now);
  while (!m_crashTimes.isEmpty() && now - m_crashTimes.first() > kCrashWindowMs) {
    m_crashTimes.removeFirst();
  }
  const qsizetype crashes = m_crashTimes.size();
  if (crashes >= kMaxCrashes) {
    const QString line = lastError();
    emit gaveUp(line.isEmpty() ? reason : reason + QLatin1Char(' ') + line);
    return;
  }
  const int delayMs = 250 << (crashes - 1);
  emit restarting(delayMs);
  m_restartTimer.start(delayMs);
}

void EngineProcess::stop() {
  m_restartTimer.stop();
  if (!m_process) {
    return;
  }
  QProcess* process = m_process;
  m_process = nullptr;
  process->disconnect(this);
  process->closeWriteChannel();
  if (!process->waitForFinished(kStopWaitMs)) {
    process->terminate();
    if (!process->waitForFinished(kStopWaitMs)) {
      process->kill();
      process->waitForFinished(kStopWaitMs);
    }
  }
  delete process;
}
