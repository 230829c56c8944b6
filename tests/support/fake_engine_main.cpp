// SPDX-License-Identifier: GPL-3.0-or-later
// The fake engine as a program, started like the real one:
//   fake_engine serve --home DIR --port N --parent-pipe
// Use it with `greylag --engine FILE` to look at the window without a model. Words of its own in
// the environment FAKE_ENGINE: "exit" ends at once with an error, "crash-on-chat" dies in the
// middle of an answer, "empty" has no models.
#include <QCommandLineParser>
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTimer>
#include <cstdio>
#include <cstdlib>

#include "tests/support/fake_engine.h"

namespace {

constexpr const char* kAnswer =
    "A **greylag** is a wild goose, the ancestor of most domestic geese. What to know:\n\n"
    "1. It lives in families and mates for life.\n2. It flies in a *V*, so that each bird saves"
    " strength.\n3. It remembers faces for years.\n\nIn code, a flock would be:\n\n```python\n"
    "def flock(size):\n    return [Goose(leader=i == 0) for i in range(size)]\n```\n\n"
    "The call `flock(9)` gives nine of them. | is a bar, a < b stays text.";

QStringList piecesOf(const QString& text) {
  QStringList pieces;
  for (qsizetype i = 0; i < text.size(); i += 4) {
    pieces.append(text.mid(i, 4));
  }
  return pieces;
}

}  // namespace

int main(int argc, char* argv[]) {
  const QCoreApplication application(argc, argv);
  QCommandLineParser parser;
  parser.addPositionalArgument(QStringLiteral("command"), QStringLiteral("serve"));
  parser.addOptions({{QStringLiteral("home"), QString(), QStringLiteral("dir")},
                     {QStringLiteral("port"), QString(), QStringLiteral("n"), QStringLiteral("0")},
                     {QStringLiteral("parent-pipe"), QString()}});
  parser.process(application);
  const QByteArray mode = qgetenv("FAKE_ENGINE");
  if (mode == "exit") {
    std::fputs("greylag-engine: engine.json is damaged; repair it or move it away\n", stderr);
    std::fputs("warning server the memory is slow\n", stderr);
    return 1;
  }
  FakeEngine engine;
  engine.pieces = piecesOf(QString::fromUtf8(kAnswer));
  engine.pieceDelayMs = 10;
  if (mode == "empty") {
    engine.data.models.models.clear();
    engine.data.reasoners.models.clear();
    engine.data.runs.runs.clear();
    engine.data.settings.configurations.clear();
    engine.data.adapters.adapters.clear();
    engine.data.downloads.downloads.clear();
  }
  if (mode == "crash-on-chat") {
    engine.breakAfter = 12;
    QObject::connect(&engine, &FakeEngine::requested, [](const FakeRequest& request) {
      if (request.path == QLatin1String("/v1/chat/completions")) {
        QTimer::singleShot(200, [] { std::abort(); });
      }
    });
  }
  const int port = parser.value(QStringLiteral("port")).toInt();
  if (!engine.listen(port)) {
    std::fprintf(stderr, "greylag-engine: port %d is taken by another program\n", port);
    return 1;
  }
  const QString home = parser.value(QStringLiteral("home"));
  engine.writeRecord(home);
  std::fputs((engine.handshake(home) + "\n").constData(), stdout);
  std::fflush(stdout);
  QSocketNotifier notifier(0, QSocketNotifier::Read);
  QObject::connect(&notifier, &QSocketNotifier::activated, [&notifier] {
    if (std::getc(stdin) == EOF) {
      notifier.setEnabled(false);
      QCoreApplication::quit();
    }
  });
  notifier.setEnabled(parser.isSet(QStringLiteral("parent-pipe")));
  return QCoreApplication::exec();
}
