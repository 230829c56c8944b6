# SPDX-License-Identifier: GPL-3.0-or-later
set(GREYLAG_APP_SOURCES home_overview.cpp)
set(GREYLAG_QML_FILES
    Home/EngineCard.qml
    Home/FactLine.qml
    Home/HomePage.qml
    Home/NextStepCard.qml
    Home/RecentChats.qml
    Home/RunStrip.qml)
