// SPDX-License-Identifier: GPL-3.0-or-later
// greylag: reads the command line, opens HOME, shows the window. QApplication because the charts
// are drawn by QCustomPlot, a widget.
#include <QApplication>
#include <QCommandLineParser>
#include <QMessageBox>
#include <QQmlApplicationEngine>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QtQml/QQmlExtensionPlugin>
#include <algorithm>

#include "app/app_context.h"
#include "app/engine/engine_state.h"
#include "app/icon_provider.h"
#include "app/screenshots.h"
#include "app/settings/app_settings.h"
#include "core/base/exception_error.h"
#include "core/base/file.h"
#include "core/base/log.h"
#include "core/base/platform.h"

Q_IMPORT_QML_PLUGIN(GreylagPlugin)

namespace {

struct Options {
  QString home;
  QString engine;
  QString theme;
  QString language;
  QString page;
  QString screenshotFolder;
};

Options readOptions(const QApplication& application) {
  QCommandLineParser parser;
  parser.setApplicationDescription(
      QStringLiteral("Greylag: finetune, chat with and serve RWKV-7 models."));
  parser.addHelpOption();
  parser.addVersionOption();
  const QCommandLineOption home(QStringLiteral("home"),
                                QStringLiteral("Folder of models, runs, chats and settings."),
                                QStringLiteral("DIR"));
  const QCommandLineOption engine(
      QStringLiteral("engine"),
      QStringLiteral("Engine program to start, for development; default: greylag-engine beside "
                     "this program."),
      QStringLiteral("FILE"));
  const QCommandLineOption theme(QStringLiteral("theme"),
                                 QStringLiteral("light, dark or system; is kept."),
                                 QStringLiteral("NAME"));
  const QCommandLineOption language(QStringLiteral("language"),
                                    QStringLiteral("en, de or system; is kept."),
                                    QStringLiteral("CODE"));
  const QCommandLineOption page(
      QStringLiteral("page"),
      QStringLiteral("Page to open: home, chat, reason, models, train, runs, server or settings."),
      QStringLiteral("NAME"));
  const QCommandLineOption screenshot(
      QStringLiteral("screenshot"),
      QStringLiteral("Writes a PNG of every page (or of --page) into DIR, then ends. For "
                     "development."),
      QStringLiteral("DIR"));
  parser.addOptions({home, engine, theme, language, page, screenshot});
  parser.process(application);
  return {parser.value(home),     parser.value(engine), parser.value(theme),
          parser.value(language), parser.value(page),   parser.value(screenshot)};
}

#if defined(Q_OS_LINUX)
// Without a display Qt ends the program with a signal.
bool hasDisplay(int argc, char* argv[]) {
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}) {
    if (!qEnvironmentVariableIsEmpty(name)) return true;
  }
  return std::any_of(argv, argv + argc,
                     [](const char* word) { return !qstrcmp(word, "-platform"); });
}

bool asksForTextOnly(int argc, char* argv[]) {
  return std::any_of(argv, argv + argc, [](const char* word) {
    const QByteArrayView text(word);
    return text == "-h" || text == "--help" || text == "-v" || text == "--version";
  });
}
#endif

int run(int argc, char* argv[]) {
#if defined(Q_OS_LINUX)
  if (!hasDisplay(argc, argv)) {
    if (!asksForTextOnly(argc, argv)) {
      greylag::log_error("app",
                         "there is no display here: start greylag in a desktop session, or use "
                         "greylag-engine (chat, serve, demo) in the terminal");
      return 1;
    }
    qputenv("QT_QPA_PLATFORM", "offscreen");
  }
#endif
  QGuiApplication::setHighDpiScaleFactorRoundingPolicy(
      Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  QApplication application(argc, argv);
  QCoreApplication::setApplicationName(QStringLiteral("greylag"));
  QCoreApplication::setApplicationVersion(QStringLiteral(GREYLAG_VERSION));
  QGuiApplication::setApplicationDisplayName(QStringLiteral("Greylag"));
  QGuiApplication::setDesktopFileName(QStringLiteral("greylag"));
  QQuickStyle::setStyle(QStringLiteral("Basic"));
  QQuickWindow::setTextRenderType(QQuickWindow::NativeTextRendering);

  const Options options = readOptions(application);
  QSize iconSize;
  QGuiApplication::setWindowIcon(
      IconProvider().requestPixmap(QStringLiteral("goose/17697f"), &iconSize, QSize(128, 128)));
  const auto home =
      greylag::Home::open(greylag::path_from_utf8(options.home.toUtf8().toStdString()));
  if (!home.ok()) {
    greylag::log_error("app", home.error().message);
    return 1;
  }
  AppContext context(*home, options.engine);
  if (!options.theme.isEmpty()) {
    context.settings()->setTheme(options.theme);
  }
  if (!options.language.isEmpty()) {
    context.settings()->setLanguage(options.language);
  }

  if (const greylag::Status chats = context.openChats(); !chats.ok()) {
    greylag::log_error("app", chats.error().message);
    QMessageBox::critical(nullptr, QStringLiteral("Greylag"),
                          QString::fromStdString(chats.error().message));
    return 1;
  }

  QQmlApplicationEngine engine;
  context.install(&engine);
  engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Greylag/Main.qml")));
  if (engine.rootObjects().isEmpty()) {
    greylag::log_error("app", "the window could not be loaded");
    return 1;
  }
  showPage(&engine, options.page);
  context.engine()->open();
  std::unique_ptr<Screenshots> screenshots;
  if (!options.screenshotFolder.isEmpty()) {
    screenshots = std::make_unique<Screenshots>(&engine, context.engine(), options.screenshotFolder,
                                                options.page);
  }
  const int code = QApplication::exec();
  context.engine()->close();
  return code;
}

}  // namespace

int main(int argc, char* argv[]) {
  greylag::platform::prepare_process();
  greylag::platform::make_new_files_private();
  try {
    return run(argc, argv);
  } catch (const std::exception& problem) {
    greylag::log_error("app", greylag::error_of(problem).message);
    return 1;
  }
}
