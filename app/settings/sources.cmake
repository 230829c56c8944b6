# SPDX-License-Identifier: GPL-3.0-or-later
set(GREYLAG_APP_SOURCES
    app_info.cpp
    app_settings.cpp
    configuration_form.cpp
    engine_form.cpp)
set(GREYLAG_QML_FILES
    Settings/AboutCard.qml
    Settings/AppearanceCard.qml
    Settings/ConfigurationDialog.qml
    Settings/ConfigurationsCard.qml
    Settings/EngineSettingsCard.qml
    Settings/SettingsPage.qml)
